package seedtest

// Family is a version of IP. Empty means any.
type Family string

// The families.
const (
	IPv4 Family = "ipv4"
	IPv6 Family = "ipv6"
)

// Words is the family as people write it.
func (f Family) Words() string {
	switch f {
	case IPv4:
		return "IPv4"
	case IPv6:
		return "IPv6"
	}
	return "any version of IP"
}
