// SPDX-License-Identifier: AGPL-3.0-or-later

package wire_test

import (
	"bufio"
	"bytes"
	"errors"
	"reflect"
	"testing"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/ldapbackend/embedded/wire"
)

// compiled is a filter as a client encodes it.
func compiled(t testing.TB, filter string) []byte {
	t.Helper()
	p, err := ldap.CompileFilter(filter)
	if err != nil {
		t.Fatal(err)
	}
	return p.Bytes()
}

func TestFiltersOfAClientAreUnderstood(t *testing.T) {
	for text, want := range map[string]*wire.Filter{
		"(uid=marta)":    {Kind: wire.Equal, Name: "uid", Value: "marta"},
		"(uid=*)":        {Kind: wire.Present, Name: "uid"},
		"(n>=1)":         {Kind: wire.AtLeast, Name: "n", Value: "1"},
		"(n<=1)":         {Kind: wire.AtMost, Name: "n", Value: "1"},
		"(n~=1)":         {Kind: wire.Approximate, Name: "n", Value: "1"},
		"(cn=a*b*c*d)":   {Kind: wire.Substrings, Name: "cn", Value: "a", Any: []string{"b", "c"}, Final: "d"},
		"(cn=*b*)":       {Kind: wire.Substrings, Name: "cn", Any: []string{"b"}},
		`(cn=\2a\00*)`:   {Kind: wire.Substrings, Name: "cn", Value: "*\x00"},
		"(cn:dn:2.5:=x)": {Kind: wire.Extensible, Name: "cn", Rule: "2.5", Value: "x", OfName: true},
		"(!(uid=a))":     {Kind: wire.Not, Subs: []*wire.Filter{{Kind: wire.Equal, Name: "uid", Value: "a"}}},
		"(&(a=1)(|))": {Kind: wire.And, Subs: []*wire.Filter{
			{Kind: wire.Equal, Name: "a", Value: "1"}, {Kind: wire.Or}}},
	} {
		got, err := wire.DecodeFilter(compiled(t, text))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
}

func TestIntegersComeOutAsTheyGoIn(t *testing.T) {
	for _, n := range []int{0, 1, 127, 128, 255, 256, 32767, 32768, 1<<31 - 1, -1, -128, -129, -1 << 31} {
		var w wire.Builder
		w.Integer(wire.TagInteger, n)
		got, err := wire.NewReader(w.Bytes()).Integer(wire.TagInteger)
		if err != nil || got != n {
			t.Errorf("%d: %d, %v", n, got, err)
		}
	}
	for _, b := range [][]byte{{}, {1, 2, 3, 4, 5}} {
		if _, err := wire.Integer(b); err == nil {
			t.Errorf("%x is a number", b)
		}
	}
}

func TestNestingOfAnyLength(t *testing.T) {
	for _, n := range []int{0, 1, 125, 126, 127, 128, 200, 255, 256, 65535, 65536, 70000} {
		content := string(bytes.Repeat([]byte("x"), n))
		var w wire.Builder
		w.Nest(wire.TagSequence, func() { w.Text(content) })
		p, err := ber.DecodePacketErr(w.Bytes()) // by somebody else's decoder
		if err != nil || len(p.Children) != 1 || p.Children[0].Value != content {
			t.Errorf("%d bytes: %v", n, err)
		}
		seq, err := wire.NewReader(w.Bytes()).Expect(wire.TagSequence)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := wire.NewReader(seq).Text(); err != nil || got != content {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

func TestMessagesAreReadToTheirLimit(t *testing.T) {
	var w wire.Builder
	w.Nest(wire.TagSequence, func() { w.Text(string(make([]byte, 1000))) })
	for limit, want := range map[int]error{1008: nil, 1007: wire.ErrTooLong} {
		_, err := wire.ReadMessage(bufio.NewReader(bytes.NewReader(w.Bytes())), limit)
		if !errors.Is(err, want) {
			t.Errorf("limit %d of %d: %v", limit, len(w.Bytes()), err)
		}
	}
	short := bufio.NewReader(bytes.NewReader(w.Bytes()[:500]))
	if _, err := wire.ReadMessage(short, 2000); err == nil {
		t.Error("half a message is a message")
	}
}

func TestAnOperationThatIsMalformedKeepsItsNumber(t *testing.T) {
	m, err := wire.Decode([]byte("\x30\x07\x02\x01\x09\x60\x02\x04\x00"))
	if !errors.Is(err, wire.ErrMalformed) || m.ID != 9 || m.Op != nil {
		t.Errorf("%+v, %v", m, err)
	}
}

// FuzzDecode: whatever arrives, a message comes out or an error.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00"))
	f.Add([]byte("\x30\x05\x02\x01\x02\x42\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := wire.Decode(b)
		if err == nil && m.Op == nil {
			t.Error("neither message nor error")
		}
		if _, err := wire.ReadMessage(bufio.NewReader(bytes.NewReader(b)), 1<<20); err == nil && len(b) < 2 {
			t.Error("a message of nothing")
		}
	})
}

// FuzzFilter: a filter that is understood has bounds.
func FuzzFilter(f *testing.F) {
	for _, text := range []string{"(uid=a)", "(&(a=1)(!(b=*c*)))", "(cn:dn:2.5:=x)", "(|)"} {
		f.Add(compiled(f, text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		filter, err := wire.DecodeFilter(b)
		if err == nil && depth(filter) > 24 {
			t.Error("too deep")
		}
	})
}

func depth(f *wire.Filter) int {
	deepest := 0
	for _, sub := range f.Subs {
		deepest = max(deepest, depth(sub))
	}
	return deepest + 1
}

// FuzzControls: the values of controls come from strangers too.
func FuzzControls(f *testing.F) {
	f.Add([]byte("\x30\x05\x02\x01\x0a\x04\x00"))
	f.Add([]byte("\x30\x06\x0a\x01\x03\x01\x01\x00"))
	f.Add([]byte("\x30\x04\x80\x00\x82\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, err := wire.DecodePaged(b); err == nil && p.Size < 0 {
			t.Error("a negative page")
		}
		_, _ = wire.DecodeSyncRequest(b)
		_, _ = wire.DecodePasswordModify(b)
		_, _ = wire.DecodeRead(b)
	})
}
