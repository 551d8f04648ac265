// SPDX-License-Identifier: AGPL-3.0-or-later

package wire

// Response is what a message is answered with.
type Response interface{ encode(*Builder) }

// Encode writes one LDAPMessage.
func Encode(id int, op Response, controls ...Control) []byte {
	var w Builder
	w.Nest(TagSequence, func() {
		w.Integer(TagInteger, id)
		op.encode(&w)
		if len(controls) > 0 {
			w.Nest(tagControls, func() { encodeControls(&w, controls) })
		}
	})
	return w.Bytes()
}

func encodeControls(w *Builder, controls []Control) {
	for _, c := range controls {
		w.Nest(TagSequence, func() {
			w.Text(c.OID)
			if c.Critical {
				w.Flag(true)
			}
			if c.Value != nil {
				w.Text(string(c.Value))
			}
		})
	}
}

// Kinds of [Result]: the identifier octets of the responses.
const (
	BindResult     = 0x61
	SearchResult   = 0x65
	ModifyResult   = 0x67
	AddResult      = 0x69
	DeleteResult   = 0x6b
	ModifyDNResult = 0x6d
	CompareResult  = 0x6f
	ExtendedResult = 0x78
)

// ResultOf names the kind of result that answers a request, and false for the
// requests that are not answered.
func ResultOf(op any) (byte, bool) {
	switch op.(type) {
	case Bind:
		return BindResult, true
	case Search:
		return SearchResult, true
	case Modify:
		return ModifyResult, true
	case Add:
		return AddResult, true
	case Delete:
		return DeleteResult, true
	case ModifyDN:
		return ModifyDNResult, true
	case Compare:
		return CompareResult, true
	case Extended:
		return ExtendedResult, true
	}
	return 0, false
}

// Result is an LDAPResult (RFC 4511 section 4.1.9).
type Result struct {
	Kind  byte
	Error        // with code Success when all went well
	OID   string // ExtendedResult: responseName
	Value []byte // ExtendedResult: responseValue; nil when absent
}

func (r Result) encode(w *Builder) {
	w.Nest(r.Kind, func() {
		w.Integer(TagEnumerated, int(r.Code))
		w.Text(r.Matched)
		w.Text(r.Text)
		if r.OID != "" {
			w.Add(0x8a, r.OID)
		}
		if r.Value != nil {
			w.Add(0x8b, string(r.Value))
		}
	})
}

// Entry is a SearchResultEntry (section 4.5.2).
type Entry struct {
	DN         string
	Attributes []Attribute
}

func (e Entry) encode(w *Builder) {
	w.Nest(0x64, func() { e.body(w) })
}

func (e Entry) body(w *Builder) {
	w.Text(e.DN)
	w.Nest(TagSequence, func() {
		for _, a := range e.Attributes {
			w.Nest(TagSequence, func() {
				w.Text(a.Name)
				w.Nest(TagSet, func() {
					for _, v := range a.Values {
						w.Text(v)
					}
				})
			})
		}
	})
}

// Intermediate is an IntermediateResponse (section 4.13).
type Intermediate struct {
	OID   string
	Value []byte
}

func (i Intermediate) encode(w *Builder) {
	w.Nest(0x79, func() {
		w.Add(0x80, i.OID)
		w.Add(0x81, string(i.Value))
	})
}
