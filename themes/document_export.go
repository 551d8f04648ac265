// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import "io"

// Export is the readable half of what a person takes home with them: everything
// that is kept of them. It is a document, and no page: it is read from a disk,
// years later, where nothing of ours answers.
type Export struct {
	Issuer, Made  string
	Name, Handle  string
	Given, Family string
	Mail, Pending string
	Anonymous     bool
	Since         string // the account is there since
	Collectives   []CollectiveView
	Access        []string // titles of services
	Requests      []AskedView
	Services      []ExportService
	Sessions      []SessionView
	Days          []ActivityDay
	Kept          []ExportKept
}

// ExportService is what was decided about a service.
type ExportService struct {
	Title, Through     string
	Receives, Declined []string // keys below "attribute."
	Appear             string   // below "consent.appear."
	Since, Used        string
	Known              []KnownView
	Receipts           []ExportReceipt
}

// ExportReceipt is a receipt; the signed one is in the other half.
type ExportReceipt struct{ ID, When string }

// ExportKept is a kind of datum, and how long it is kept.
type ExportKept struct{ What, Why, Long string }

// WriteExport writes the document, whole, in a language.
func (t *Themes) WriteExport(w io.Writer, lang string, e Export) error {
	return t.documents[t.known(lang)]["export"].Execute(w, paper{Lang: t.known(lang), Page: e})
}
