// SPDX-License-Identifier: AGPL-3.0-or-later

package dynamic

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/services/rules"
	"commonscloud.coop/clau/idp/web"
)

// own finds the registration that the path names, for who shows its token. A
// service that was removed, that never was or that is another's is the same
// answer (RFC 7592 section 2). One that speaks another protocol meanwhile is
// not the software's any more.
func (a *Room) own(ctx context.Context, r *http.Request) (directory.Service, error) {
	id := r.PathValue("client")
	if id == "" || len(id) > 128 {
		return directory.Service{}, refuse(invalidToken, tokenFault)
	}
	s, err := a.Source.ServiceByClientID(ctx, directory.ClientID(id))
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return directory.Service{}, err
	}
	if err != nil || s.Protocol() != directory.ProtocolOIDC || !same(bearer(r), s.OIDC.Metadata.RegistrationSHA256) {
		return directory.Service{}, refuse(invalidToken, tokenFault).because(err)
	}
	web.Note(ctx, "service", string(s.ID))
	return s, nil
}

// read is the client read request (RFC 7592 section 2.1). The secret is kept
// nowhere, so nobody can read it again.
func (a *Room) read(w http.ResponseWriter, r *http.Request) error {
	s, err := a.own(r.Context(), r)
	if err != nil {
		return err
	}
	return a.answer(w, http.StatusOK, s, bearer(r), "")
}

// replace is the client update request (RFC 7592 section 2.2): what is left out
// is gone. Who sends the secret along keeps it; to who does not, it may be lost,
// and a new one is given, with the old one good for a while beside it.
func (a *Room) replace(w http.ResponseWriter, r *http.Request) error {
	s, err := a.own(r.Context(), r)
	if err != nil {
		return err
	}
	asked, err := readRequest(w, r)
	if err != nil {
		return err
	}
	if asked.ClientID != string(s.OIDC.ID) {
		return refuse(invalidMetadata, "client_id must be there, and is another one")
	}
	if asked.Secret != "" && !holds(*s.OIDC, asked.Secret, a) {
		return refuse(invalidMetadata, "client_secret is not the one that there is")
	}
	before := s
	client := *s.OIDC
	s.OIDC = &client
	if err := asked.apply(&s); err != nil {
		return err
	}
	if err := a.look(r.Context(), &s, *before.OIDC); err != nil {
		return err
	}
	secret, err := a.keepOrGive(s.OIDC, asked.Secret)
	if err != nil {
		return err
	}
	if err := a.reconsider(r.Context(), before, &s); err != nil {
		return err
	}
	if err := a.Directory.ReplaceService(r.Context(), directory.System(), s); err != nil {
		return err
	}
	a.record(r.Context(), audit.ServiceChanged, audit.System, s)
	return a.answer(w, http.StatusOK, s, bearer(r), secret)
}

// holds reports whether a secret is one that the client has now.
func holds(c directory.OIDCClient, secret string, a *Room) bool {
	return slices.ContainsFunc(c.Secrets, func(s directory.ClientSecret) bool {
		return same(secret, s.SHA256) && (s.Expires.IsZero() || a.Now().Before(s.Expires))
	})
}

func (a *Room) keepOrGive(c *directory.OIDCClient, sent string) (string, error) {
	if sent != "" && hasSecret(*c) {
		return sent, nil
	}
	return a.giveSecret(c)
}

// reconsider lets a service wait again when what a manager looked at is not
// what they would see now: where the token lets nothing through unseen, or does
// no more, and where a manager opened the service further than software can. What
// was stopped waits too, or it would be started as somebody knew it; but for what
// an operator stopped, which no manager starts.
func (a *Room) reconsider(ctx context.Context, before directory.Service, s *directory.Service) error {
	c, err := a.Source.Collective(ctx, s.Collective)
	if err != nil {
		return err
	}
	if c.State != directory.Active {
		return refuse(accessDenied, "the collective is closed")
	}
	if s.State == directory.Suspended && s.StoppedBy == "" || !differs(before, *s) {
		return nil
	}
	by, ok := find(c, s.OIDC.Metadata.Registrar)
	if !ok || !a.Now().Before(by.Expires) || asks(c, by) || revealing(*s) {
		s.State, s.StoppedBy = directory.PendingApproval, ""
	}
	return nil
}

// asks reports whether what a token registers waits for a manager: as it says, or
// because whoever made it manages no more.
func asks(c directory.Collective, by directory.Registrar) bool {
	return by.Waits || !slices.Contains(c.Managers, by.By)
}

// revealing reports whether a manager made more of the service than software can
// register: it is open to others, or knows people by their names.
func revealing(s directory.Service) bool {
	return s.Access != directory.AccessCollective || len(s.Guests) > 0 || s.PublicSubject()
}

// differs reports whether a change is one to look at: where answers and people
// go, how the service proves itself, and what people see of it.
func differs(a, b directory.Service) bool {
	old, now := a.OIDC.Metadata, b.OIDC.Metadata
	lists := [][2][]string{
		{a.OIDC.RedirectURIs, b.OIDC.RedirectURIs}, {old.PostLogoutRedirectURIs, now.PostLogoutRedirectURIs}, {rules.Grants(*a.OIDC), rules.Grants(*b.OIDC)},
	}
	if slices.ContainsFunc(lists, func(l [2][]string) bool { return !slices.Equal(l[0], l[1]) }) {
		return true
	}
	if !bytes.Equal(old.JWKS, now.JWKS) || !bytes.Equal(a.Logo, b.Logo) {
		return true
	}
	seen := func(s directory.Service) [10]string {
		m := s.OIDC.Metadata
		return [...]string{
			s.Title, s.URL, s.Sector, m.AuthMethod, m.JWKSURI, m.LogoURI, m.PolicyURI, m.TosURI, m.InitiateLoginURI, m.BackchannelLogoutURI + " " + m.FrontchannelLogoutURI,
		}
	}
	return seen(a) != seen(b)
}

// remove is the client delete request (RFC 7592 section 2.3). With the service
// goes what it was given: every token is held against its service when it is
// used.
func (a *Room) remove(w http.ResponseWriter, r *http.Request) error {
	s, err := a.own(r.Context(), r)
	if err != nil {
		return err
	}
	err = a.Directory.RemoveService(r.Context(), directory.System(), s.ID)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return err
	}
	a.record(r.Context(), audit.ServiceRemoved, audit.System, s)
	w.WriteHeader(http.StatusNoContent)
	return nil
}
