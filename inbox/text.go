package inbox

import (
	"strings"

	"seedtest"
)

// serverName reads an ID reply (RFC 2971) as "name version".
func serverName(vs []value) string {
	if len(vs) < 2 {
		return ""
	}
	var name, version string
	for i := 0; i+1 < len(vs[1].list); i += 2 {
		switch key := vs[1].list[i].String(); {
		case !vs[1].list[i+1].quoted:
		case strings.EqualFold(key, "name"):
			name = vs[1].list[i+1].String()
		case strings.EqualFold(key, "version"):
			version = vs[1].list[i+1].String()
		}
	}
	return seedtest.OneLine(strings.TrimSpace(name+" "+version), 80)
}
