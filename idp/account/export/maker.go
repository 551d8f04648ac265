// SPDX-License-Identifier: AGPL-3.0-or-later

package export

import (
	"archive/zip"
	"context"
	"io"
	"iter"
	"time"

	"commonscloud.coop/clau/idp/activity"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/themes"
)

// Directory is what titles and memberships are read from.
type Directory interface {
	Standing(ctx context.Context, id directory.PersonID) (directory.Standing, error)
	Collective(ctx context.Context, name directory.CollectiveName) (directory.Collective, error)
	Service(ctx context.Context, id directory.ServiceID) (directory.Service, error)
}

// Source reads the person as they are now.
type Source interface {
	Person(ctx context.Context, id directory.PersonID) (directory.Person, error)
}

// Consents keeps people's decisions.
type Consents interface {
	ListConsents(ctx context.Context, person directory.PersonID) iter.Seq2[directory.Consent, error]
}

// Subjects knows whom a service knows a person as.
type Subjects interface {
	SubjectOf(ctx context.Context, service directory.Service, person directory.Person) (string, error)
}

// Cases keeps what a person asked of collectives.
type Cases interface {
	Asked(ctx context.Context, person directory.PersonID) ([]directory.Case, error)
}

// Sessions lists the browsers in which a person is logged in.
type Sessions interface {
	Of(ctx context.Context, id directory.PersonID) ([]session.Session, error)
}

// Pages writes what people read.
type Pages interface {
	WriteExport(w io.Writer, lang string, e themes.Export) error
	Date(lang string, at time.Time) string
	DateTime(lang string, at time.Time) string
	Text(lang, key string, args ...string) string
}

// Maker makes the file.
type Maker struct {
	Issuer    string
	Source    Source
	Directory Directory
	Consents  Consents
	Subjects  Subjects
	Cases     Cases
	Sessions  Sessions
	Activity  activity.Reader
	Pages     Pages
	Now       func() time.Time
}

// File is everything about one person, read and not yet written.
type File struct {
	maker    *Maker
	lang     string
	document Document
}

// Gather reads everything about a person, for people who read lang.
func (m *Maker) Gather(ctx context.Context, id directory.PersonID, lang string) (*File, error) {
	d, err := m.gather(ctx, id)
	if err != nil {
		return nil, err
	}
	d.Retention = m.retention(lang)
	return &File{maker: m, lang: lang, document: d}, nil
}

// Write writes the .zip as it goes, without a file in between.
func (f *File) Write(w io.Writer) error {
	raw, err := f.document.json()
	if err != nil {
		return err
	}
	archive := zip.NewWriter(w)
	entry, err := f.entry(archive, "export.json")
	if err == nil {
		_, err = entry.Write(append(raw, '\n'))
	}
	if err == nil {
		entry, err = f.entry(archive, "index.html")
	}
	if err == nil {
		err = f.maker.Pages.WriteExport(entry, f.lang, f.page())
	}
	if err != nil {
		return err
	}
	return archive.Close()
}

func (f *File) entry(archive *zip.Writer, name string) (io.Writer, error) {
	return archive.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: f.document.Made})
}

// Name is what the file may be called.
func (f *File) Name() string {
	return string(f.document.Profile.Handle) + "-" + f.document.Made.Format(time.DateOnly) + ".zip"
}
