package analyze

import (
	"testing"

	"seedtest"
)

// TestSubject holds that encoded words are read in the charsets that mail is written in.
func TestSubject(t *testing.T) {
	tests := []struct{ field, want string }{
		{"plain", "plain"},
		{"=?UTF-8?Q?caf=C3=A9?=", "café"},
		{"=?ISO-2022-JP?B?GyRCJUYlOSVIGyhC?=", "テスト"},
		{"=?iso-2022-jp?B?GyRCJUYbKEI=?=\r\n =?iso-2022-jp?B?GyRCJTklSBsoQg==?=", "テスト"},
		{"=?shift_jis?B?g0qDaQ==?=", "カナ"},
		{"=?gb2312?B?xOO6ww==?=", "你好"},
		{"=?big5?B?p0Gmbg==?=", "你好"},
		{"=?ks_c_5601-1987?B?vsiz5w==?=", "안녕"},
		{"=?koi8-r?B?8NLJ18XU?=", "Привет"},
		{"Re: =?windows-1251?B?z/Do4uXy?= (1)", "Re: Привет (1)"},
		{"=?x-unknown?B?z/Do4uXy?=", "=?x-unknown?B?z/Do4uXy?="},
		{"=?iso-2022-jp?B?GyRC?=", ""},
	}
	for _, tt := range tests {
		a := Message([]byte("Subject: "+tt.field+"\r\n\r\n"), "", seedtest.Trust{})
		if a.Subject != tt.want {
			t.Errorf("%s is read as %q, want %q", tt.field, a.Subject, tt.want)
		}
	}
}
