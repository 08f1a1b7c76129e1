// Package header reads the head of a message as it stands, however broken.
//
// [Parse] splits a head, or a whole message, into its fields; [Header.Values] and [Header.Get] look
// fields up by name. For the value of a structured field, [NewScanner] yields words, quoted strings
// and comments, which is where RFC 5322, the Received grammar of RFC 5321 and RFC 8601 agree.
//
// Real mail breaks every rule: lines without a colon, blanks before the colon, bytes of 8 bits,
// NUL, one line of 200 kB, an mbox "From " line on top, line ends of three kinds. One bad line
// never hides the others. Memory is a small multiple of the input, of which at most [MaxSize]
// bytes, [MaxFields] fields and [MaxValue] bytes of each are read, and time is linear in it,
// whatever it holds.
//
// The package does not decode RFC 2047 words, does not know any field's meaning, and does not clean
// text for display.
package header
