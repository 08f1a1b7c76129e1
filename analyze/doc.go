// Package analyze reads what a message's header says: the servers it passed, what they found out
// about its sender, what spam filters stamped on it, and which of all that was written by the
// receiving provider itself.
//
// [Message] does it for the bytes of a message or of a header alone; [Messages] takes an mbox file
// apart for it. Everything is a pure function of its input: no clock, no network, no file.
//
// Of a delivery report the body is read too, at most a megabyte of it: what became of which
// recipient, and what is quoted of the original.
//
// It promises to read what is there. Every Received field makes a hop and every field of
// authentication results is listed, readable or not, with its raw text and with what could not be
// understood as a problem; one broken field never hides another. Time is linear in the input and
// memory a small multiple of it. Nothing is believed unless a provider's [seedtest.Trust] says why.
//
// It does not verify signatures, look anything up, judge, or clean text for display.
package analyze
