// SPDX-License-Identifier: AGPL-3.0-or-later

package collective

import (
	"net/http"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/membership"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

const (
	usesMax = 200 // of one invitation

	// inviteDays is how long an invitation is good if nobody says otherwise, and
	// inviteMax how long at most: links are forwarded, and nobody remembers them.
	inviteDays = 30
	inviteMax  = 364
)

// offer is an invitation that is being written.
type offer struct {
	visit
	typed   web.Form
	faults  []themes.Fault
	refused refused
	link    string // of the one just made
	uses    int
	until   time.Time
}

func (a *Room) invitations(w http.ResponseWriter, v visit) error {
	return a.drawInvitations(w, &offer{visit: v})
}

func (a *Room) drawInvitations(w http.ResponseWriter, o *offer) error {
	c, err := a.Directory.Collective(o.Context(), o.name)
	if err != nil {
		return absent(err)
	}
	made, err := a.Memberships.Invitations(o.Context(), o.by())
	if err != nil {
		return absent(err)
	}
	usual := a.Now().AddDate(0, 0, inviteDays).Format(time.DateOnly)
	page := themes.Invitations{
		Manage: a.manage(o.visit, c, "invitations"), Action: path(o.name, "invitations"),
		Two: membership.Together(c, directory.CaseRegister), Until: usual, LinkEnd: usual, Uses: "1",
	}
	page.Error, page.Faults = o.refused.key, o.faults
	o.fill(&page)
	if o.link != "" {
		page.Link, page.LinkUses, page.LinkUntil = o.link, strconv.Itoa(o.uses), a.lastDay(o.visit, o.until)
	}
	if page.Invitations, err = a.invitationViews(o, made); err != nil {
		return err
	}
	return a.show(w, o.visit, (&file{refused: o.refused, faults: o.faults}).status(), page)
}

// fill puts back what was typed, if it was not good.
func (o *offer) fill(page *themes.Invitations) {
	if len(o.faults) == 0 && o.refused.status == 0 {
		return
	}
	switch o.typed["do"] {
	case "mail":
		page.Mail, page.Words, page.Until = o.typed["mail"], o.typed["words"], o.typed["until"]
	case "link":
		page.Uses, page.LinkWords, page.LinkEnd = o.typed["uses"], o.typed["link-words"], o.typed["link-until"]
	}
}

func (a *Room) invitationViews(o *offer, made []directory.Invitation) ([]themes.InvitationView, error) {
	var by []directory.PersonID
	for _, one := range made {
		by = append(by, one.By)
	}
	called, err := a.called(o.Context(), by)
	if err != nil {
		return nil, err
	}
	var out []themes.InvitationView
	for _, one := range made {
		out = append(out, themes.InvitationView{
			Mail: one.Mail, Words: one.Words, By: called[one.By].name, Uses: strconv.Itoa(one.Uses),
			Until:    a.lastDay(o.visit, one.Expires),
			Withdraw: themes.Post{Action: o.at(path(o.name, "invitations", one.ID)), Fields: a.fields(o.visit)},
		})
	}
	return out, nil
}

// invite makes an invitation. One for an address goes there by mail, and whoever
// invites never sees its link; that of any other is shown in the answer, and
// nowhere again.
func (a *Room) invite(w http.ResponseWriter, v visit) error {
	form, err := a.form(v, "mail", "words", "until", "uses", "link-words", "link-until")
	if err != nil {
		return err
	}
	o := &offer{visit: v, typed: form}
	switch form["do"] {
	case "mail":
		return a.inviteByMail(w, o)
	case "link":
		return a.inviteByLink(w, o)
	}
	return badRequest()
}

func (a *Room) inviteByMail(w http.ResponseWriter, o *offer) error {
	if a.Mailless {
		return web.Fail(http.StatusServiceUnavailable, "no-mail", nil)
	}
	address, ok := addressOf(o.typed["mail"])
	if !ok {
		o.faults = append(o.faults, a.fault(o.visit, "mail", "invitations.mail", "address"))
	}
	until := a.inviteUntil(o, "until")
	a.wordsFault(o, "words")
	if len(o.faults) > 0 {
		return a.drawInvitations(w, o)
	}
	_, err := a.Memberships.Invite(o.Context(), o.by(), address, tidyText(o.typed["words"]), 1, until)
	if err != nil {
		return a.uninvited(w, o, err)
	}
	return web.Redirect(w, o.Request, o.here("invited"))
}

func (a *Room) inviteByLink(w http.ResponseWriter, o *offer) error {
	uses, err := strconv.Atoi(strings.TrimSpace(o.typed["uses"]))
	if err != nil || uses < 1 || uses > usesMax {
		o.faults = append(o.faults, a.fault(o.visit, "uses", "invitations.uses", "number"))
	}
	until := a.inviteUntil(o, "link-until")
	a.wordsFault(o, "link-words")
	if len(o.faults) > 0 {
		return a.drawInvitations(w, o)
	}
	link, err := a.Memberships.Invite(o.Context(), o.by(), "", tidyText(o.typed["link-words"]), uses, until)
	if err != nil {
		return a.uninvited(w, o, err)
	}
	o.link, o.uses, o.until = a.absolute(link), uses, until
	return a.drawInvitations(w, o)
}

// uninvited says why there is no invitation.
func (a *Room) uninvited(w http.ResponseWriter, o *offer, cause error) error {
	if o.faults = a.faultsOf(o.visit, cause, o.places()); len(o.faults) > 0 {
		return a.drawInvitations(w, o)
	}
	why, err := refusal(cause)
	if err != nil {
		return err
	}
	why.tell(o.Context(), cause)
	o.refused = why
	return a.drawInvitations(w, o)
}

// places are where the parts of an invitation stand, of the two forms.
func (o *offer) places() places {
	before := ""
	if o.typed["do"] == "link" {
		before = "link-"
	}
	return places{
		"mail": {"mail", "invitations.mail"}, "uses": {"uses", "invitations.uses"},
		"words": {before + "words", "invitations.words"}, "until": {before + "until", "invitations.until"},
	}
}

// inviteUntil reads the last day of an invitation.
func (a *Room) inviteUntil(o *offer, field string) time.Time {
	day, ok := a.day(o.typed[field])
	if !ok || day.IsZero() || day.After(a.Now().AddDate(0, 0, inviteMax)) {
		o.faults = append(o.faults, a.fault(o.visit, field, "invitations.until", "date-year"))
		return time.Time{}
	}
	return day.AddDate(0, 0, 1) // the day itself is good
}

// lastDay is the day that was chosen, which is good to its end.
func (a *Room) lastDay(v visit, until time.Time) string {
	return a.Pages.Date(v.lang, until.Add(-time.Second))
}

func (a *Room) wordsFault(o *offer, field string) {
	if o.typed[field] != "" {
		o.faults = append(o.faults, a.textFault(o.visit, field, "invitations.words", o.typed[field])...)
	}
}

// addressOf reads a bare address: whoever types a name with it may not have
// meant what a mail server would read.
func addressOf(typed string) (string, bool) {
	typed = tidy(typed)
	read, err := mail.ParseAddress(typed)
	if err != nil || read.Address != typed || len(typed) > 254 {
		return "", false
	}
	return typed, true
}

// absolute is the address of a path, for people to send on.
func (a *Room) absolute(path string) string {
	below, err := url.Parse(path)
	if err != nil || a.Issuer == nil {
		return path
	}
	out := a.Issuer.JoinPath(below.Path)
	out.RawQuery = below.RawQuery
	return out.String()
}

// uninvite withdraws an invitation.
func (a *Room) uninvite(w http.ResponseWriter, v visit) error {
	if _, err := a.form(v); err != nil {
		return err
	}
	err := a.Memberships.Uninvite(v.Context(), v.by(), v.PathValue("invitation"))
	if err != nil {
		return a.uninvited(w, &offer{visit: v}, err)
	}
	return web.Redirect(w, v.Request, v.at(path(v.name, "invitations"), "withdrawn"))
}
