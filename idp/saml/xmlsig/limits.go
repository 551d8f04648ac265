// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsig

// Limits bound what reading one document may cost, before anybody is known.
type Limits struct {
	Bytes      int // of the whole document
	Elements   int // in it
	Depth      int // of elements within each other
	Attributes int // of one element, namespace declarations included; and namespaces in scope

	// Comments says that comments are passed over instead of refused. They
	// are common in metadata that people edit; in a message they are only
	// ever an attack on readers that see the text before the comment alone.
	Comments bool
}

// Message are the limits of a protocol message: a real one has 1 to 6 KB.
func Message() Limits {
	return Limits{Bytes: maxMessage, Elements: 500, Depth: 20, Attributes: 24}
}

// Metadata are the limits of the metadata of one service provider.
func Metadata() Limits {
	return Limits{Bytes: 1 << 20, Elements: 5000, Depth: 30, Attributes: 64, Comments: true}
}

// Aggregate are the limits of the metadata of a whole federation: the largest
// known has some ten thousand entities in about 100 MB.
func Aggregate() Limits {
	return Limits{Bytes: 128 << 20, Elements: 4_000_000, Depth: 40, Attributes: 64, Comments: true}
}

// maxMessage is how long an inflated message may be, in bytes.
const maxMessage = 64 << 10
