// Package verify evaluates SPF, DKIM, DMARC and ARC of a message on its own, as a receiver would,
// with the answers of a [Resolver] that it is given.
package verify
