// SPDX-License-Identifier: AGPL-3.0-or-later

package dynamic

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/web"
)

// registered is the answer to a registration (RFC 7591 section 3.2.1, RFC 7592
// section 3).
type registered struct {
	document
	ClientID      directory.ClientID `json:"client_id"`
	Secret        string             `json:"client_secret,omitempty"`
	Issued        int64              `json:"client_id_issued_at"`
	SecretExpires *int64             `json:"client_secret_expires_at,omitempty"` // with a secret: 0, which is never
	Token         string             `json:"registration_access_token"`
	URI           string             `json:"registration_client_uri"`

	// Waits says that a manager has not looked at it yet: nobody can enter.
	Waits bool `json:"clau_waits,omitempty"`
}

func (a *Room) answer(w http.ResponseWriter, status int, s directory.Service, token, secret string) error {
	out := registered{
		document: describe(s), ClientID: s.OIDC.ID, Secret: secret, Issued: s.Created.Unix(),
		Token: token, URI: a.clientURI(s.OIDC.ID), Waits: s.State == directory.PendingApproval,
	}
	if secret != "" {
		out.SecretExpires = new(int64)
	}
	return web.WriteJSON(w, status, out)
}

// register is the client registration endpoint (RFC 7591 section 3).
func (a *Room) register(w http.ResponseWriter, r *http.Request) error {
	in, by, err := a.registrar(r.Context(), r)
	if err != nil {
		return err
	}
	asked, err := readRequest(w, r)
	if err != nil {
		return err
	}
	if err := a.room(r.Context(), in.Name, by, 1); err != nil {
		return err
	}
	s, token, err := a.newService(asked, in, by)
	if err != nil {
		return err
	}
	if err := asked.apply(&s); err != nil {
		return err
	}
	if err := a.look(r.Context(), &s, directory.OIDCClient{}); err != nil {
		return err
	}
	secret, err := a.giveSecret(s.OIDC)
	if err != nil {
		return err
	}
	if err := a.add(r.Context(), &s, by); err != nil {
		return err
	}
	web.Note(r.Context(), "service", string(s.ID))
	a.record(r.Context(), audit.ServiceAdded, audit.System, s)
	return a.answer(w, http.StatusCreated, s, token, secret)
}

// newService is what every registration with a token has, whatever it asks for.
func (a *Room) newService(asked request, in directory.Collective, by directory.Registrar) (directory.Service, string, error) {
	id, err := uuid.NewRandomFromReader(a.Rand)
	if err != nil {
		return directory.Service{}, "", err
	}
	client, err := name(a.Rand, 15)
	if err != nil {
		return directory.Service{}, "", err
	}
	token, err := random(a.Rand)
	if err != nil {
		return directory.Service{}, "", err
	}
	state := directory.Active
	if asks(in, by) {
		state = directory.PendingApproval
	}
	return directory.Service{
		ID: directory.ServiceID(id.String()), Name: slug(asked.Name), Collective: in.Name, State: state,
		Access: directory.AccessCollective, Created: a.Now(), Preset: "generic-oidc",
		OIDC: &directory.OIDCClient{
			ID:       directory.ClientID(client),
			Metadata: directory.ClientMetadata{RegistrationSHA256: digest(token), Registrar: by.ID},
		},
	}, token, nil
}

// slug is a short name out of a title: what is left of it in plain letters.
func slug(title string) directory.ServiceName {
	var b strings.Builder
	for _, r := range strings.ToLower(title) {
		switch {
		case b.Len() == slugMax:
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	if n := directory.ServiceName(strings.Trim(b.String(), "-")); n.Valid() {
		return n
	}
	return "service"
}

// slugMax leaves room for what tells two of a name apart.
const slugMax = 22

// add gives the service to the directory, under another name if there is one of
// that name already. Of software that registers at many nodes at once, whoever
// finds too many goes back: the limit holds, if need be for nobody.
func (a *Room) add(ctx context.Context, s *directory.Service, by directory.Registrar) error {
	plain := s.Name
	err := a.Directory.AddService(ctx, directory.System(), *s)
	for try := 0; errors.Is(err, directory.ErrExists) && try < 3; try++ {
		tail, nameErr := name(a.Rand, 5)
		if nameErr != nil {
			return nameErr
		}
		s.Name = directory.ServiceName(string(plain) + "-" + tail)
		err = a.Directory.AddService(ctx, directory.System(), *s)
	}
	if err != nil {
		return err
	}
	if err := a.room(ctx, s.Collective, by, 0); err != nil {
		return errors.Join(err, a.Directory.RemoveService(context.WithoutCancel(ctx), directory.System(), s.ID))
	}
	return nil
}

// room refuses when a token has registered as many services as it may, with so
// many more.
func (a *Room) room(ctx context.Context, in directory.CollectiveName, by directory.Registrar, more int) error {
	live := more
	for s, err := range a.Source.ListServices(ctx, directory.ServiceFilter{Collective: in}) {
		if err != nil {
			return err
		}
		if s.OIDC != nil && s.OIDC.Metadata.Registrar == by.ID {
			live++
		}
	}
	if live > by.Limit {
		return refuse(accessDenied, "the token has registered as many services as it may")
	}
	return nil
}
