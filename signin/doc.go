// Package signin gets OAuth access tokens for logins, keeps them, and renews them.
//
// A person consents once: [Client.Device] shows a code to enter in a browser on any machine
// (RFC 8628), [Client.Visit] makes a page's address to open, whose answer comes to a loopback
// address (RFC 8252) with proof that it is ours (RFC 7636). [Keep.Save] keeps what comes of it.
// From then on a [Source] gives an access token whenever a server asks for one; it renews it before
// its end, keeps the refresh token that comes with it, and says in words when consent is gone.
//
// Two processes never renew the same token at once. What an authorization server says is bounded,
// cleaned and freed of secrets before anybody reads it. Tokens go to the token server over TLS
// only, and to nobody else. The package opens no browser and prints nothing.
package signin
