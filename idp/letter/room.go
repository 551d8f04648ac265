// SPDX-License-Identifier: AGPL-3.0-or-later

package letter

import (
	"cmp"
	"context"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/mail"
	"commonscloud.coop/clau/themes"
)

// Collectives gives the name and colours that a letter is written in.
type Collectives interface {
	Collective(ctx context.Context, name directory.CollectiveName) (directory.Collective, error)
}

// Room is a [Writer].
type Room struct {
	Issuer      *url.URL
	Collectives Collectives
	Themes      *themes.Themes
	Mail        mail.Sender
	Now         func() time.Time
	Logger      *slog.Logger
}

var _ Writer = (*Room)(nil)

// patience is how long writing a letter may take: it waits for the collective's
// colours and for a place in the queue, and a person waits for it.
const patience = 5 * time.Second

// Write implements [Writer]. Somebody without an address gets no letter; one
// that cannot be written is the operator's to know, without the address.
func (r *Room) Write(ctx context.Context, l Letter) {
	to := cmp.Or(l.Address, l.To.Mail)
	if to == "" {
		return
	}
	// What it tells of is done: who closes the page must not keep it from being told.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if err := r.send(ctx, to, l); err != nil {
		cause := strings.ReplaceAll(err.Error(), to, "[address]")
		r.Logger.Error("letter not sent", "letter", l.Kind, "person", l.To.ID, "cause", cause)
	}
}

func (r *Room) send(ctx context.Context, to string, l Letter) error {
	c := r.collective(ctx, l)
	lang := r.Themes.Match(l.To.Language, c.Language)
	m, err := r.Themes.Letter(lang, r.sheet(l, c))
	if err != nil {
		return err
	}
	message := mail.Message{To: to, Subject: m.Subject, Text: m.Text, HTML: m.HTML, Lang: m.Lang, Person: l.To.ID}
	if l.Kind == Erased {
		message.Person = "" // what waits for somebody is erased with them, but the last letter
	}
	return r.Mail.Send(ctx, message)
}

// PasswordChanged writes to a person whose password was changed at the login.
func (r *Room) PasswordChanged(ctx context.Context, p directory.Person) {
	r.Write(ctx, Letter{Kind: PasswordChanged, To: p})
}

// collective is in whose name the letter is written. A directory that does not
// answer costs the letter its colours and no more.
func (r *Room) collective(ctx context.Context, l Letter) directory.Collective {
	name := cmp.Or(l.Collective, l.To.Primary)
	if name == "" {
		return directory.Collective{}
	}
	c, err := r.Collectives.Collective(ctx, name)
	if err != nil {
		r.Logger.Warn("letter without its collective", "letter", l.Kind, "collective", name, "cause", err)
		return directory.Collective{Name: name, Title: string(name)}
	}
	return c
}

func (r *Room) sheet(l Letter, c directory.Collective) themes.Letter {
	now := r.Now()
	out := themes.Letter{
		Kind: string(l.Kind), Person: l.To.Name,
		Letterhead: themes.Letterhead{Title: c.Title, Colour: c.Settings.Colour, Contact: c.Mail},
		Name:       l.Name, Text: l.Text, Code: l.Code, Count: l.Count,
		Link: r.link(cmp.Or(l.Path, l.Kind.path(c.Name))), At: now, Host: r.Issuer.Host,
	}
	if !l.Until.IsZero() {
		out.Until = l.Until.In(now.Location())
	}
	return out
}

// link makes an address of a path, and nothing of what is none: a letter leads
// to Clau and nowhere else.
func (r *Room) link(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") {
		return ""
	}
	return strings.TrimSuffix(r.Issuer.String(), "/") + path
}

// path is where the letters lead whose link is the same for everybody.
func (k Kind) path(name directory.CollectiveName) string {
	switch k {
	case KnownAddress, Joined, HomeChanged, Restored, Admitted:
		return "/"
	case PasswordChanged, AddressChanged, CodeUsed, EraseCancelled:
		return "/account"
	case NoCollective:
		return "/account/collectives"
	case Appointed, Waiting, Propose, Opposed, Entrusted:
		return "/collectives/" + string(name)
	}
	return ""
}
