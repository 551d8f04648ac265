// SPDX-License-Identifier: AGPL-3.0-or-later

package wire

// Builder encodes elements one after the other. The zero Builder is empty.
type Builder struct{ b []byte }

// Bytes returns what was built.
func (w *Builder) Bytes() []byte { return w.b }

// Add appends a primitive element.
func (w *Builder) Add(tag byte, content string) {
	w.b = append(w.b, tag)
	w.length(len(content))
	w.b = append(w.b, content...)
}

// Raw appends elements that are encoded already.
func (w *Builder) Raw(b []byte) { w.b = append(w.b, b...) }

// Text appends an OCTET STRING.
func (w *Builder) Text(s string) { w.Add(TagOctetString, s) }

// Flag appends a BOOLEAN.
func (w *Builder) Flag(v bool) {
	if v {
		w.Add(TagBoolean, "\xff")
		return
	}
	w.Add(TagBoolean, "\x00")
}

// Integer appends a number in the shortest form.
func (w *Builder) Integer(tag byte, n int) {
	size := 1
	for rest := n; rest > 127 || rest < -128; rest >>= 8 {
		size++
	}
	w.b = append(w.b, tag, byte(size))
	for i := size - 1; i >= 0; i-- {
		w.b = append(w.b, byte(n>>(8*i)))
	}
}

// Nest appends a constructed element around what fill appends.
func (w *Builder) Nest(tag byte, fill func()) {
	w.b = append(w.b, tag)
	start := len(w.b)
	fill()
	size := len(w.b) - start
	w.length(size) // grows the buffer by the right amount; now move it in place
	head := len(w.b) - start - size
	var octets [5]byte
	copy(octets[:], w.b[start+size:])
	copy(w.b[start+head:], w.b[start:start+size])
	copy(w.b[start:], octets[:head])
}

func (w *Builder) length(n int) {
	if n < 0x80 {
		w.b = append(w.b, byte(n))
		return
	}
	size := 1
	for n>>(8*size) > 0 {
		size++
	}
	w.b = append(w.b, 0x80|byte(size))
	for i := size - 1; i >= 0; i-- {
		w.b = append(w.b, byte(n>>(8*i)))
	}
}
