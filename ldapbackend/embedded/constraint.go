// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded

import (
	"regexp"

	"commonscloud.coop/clau/ldapbackend/embedded/model"
	"commonscloud.coop/clau/ldapbackend/embedded/tree"
	"commonscloud.coop/clau/ldapbackend/embedded/wire"
)

const (
	maxPicture = 256 << 10
	maxText    = 64 << 10
)

var (
	uidForm   = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,28}[a-z0-9]$`)
	idForm    = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	stateForm = regexp.MustCompile(`^(pendingConfirmation|pendingApproval|active|suspended|locked|expired|denied|deleted|retired)$`)
)

// constrain repeats for single values what the code above checks: it is the
// second wall, and the one for old programs on the socket.
func (s *Server) constrain(e *model.Entry) error {
	for _, v := range e.Values {
		name := v.Attribute.Name
		form := map[string]*regexp.Regexp{"uid": uidForm, "clauId": idForm, "clauServiceId": idForm, "clauState": stateForm}[name]
		size, bounded := map[string]int{
			"jpegPhoto": maxPicture, "clauLogo": maxPicture, "clauPolicy": maxText, "clauSettings": maxText, "clauRegistrars": maxText, "clauDialogue": maxText,
		}[name]
		for _, value := range v.All {
			if form != nil && !form.MatchString(value) || bounded && len(value) > size {
				return wire.Errorf(wire.ConstraintViolation, "modify breaks constraint on %s", name)
			}
		}
	}
	return nil
}

// uniqueness of an attribute among all entries, or those of one class.
type uniqueness struct{ name, class string }

// unique closes the races that a check before the write leaves open.
func unique() []uniqueness {
	return []uniqueness{
		{"uid", ""}, {"clauMailVerified", ""}, {"clauCredentialId", ""}, {"clauEntityId", ""}, {"clauExternalId", ""},
		{"clauSubject", ""}, {"clauReserved", ""},
		{"clauClientId", "clauOIDCClient"},
		{"clauId", "clauAccount"},
		{"clauId", "clauServiceEntry"}, {"cn", "clauServiceEntry"},
	}
}

func (s *Server) checkUnique(r *tree.Read, e *model.Entry) error {
	for _, u := range unique() {
		a := s.schema.Attribute(u.name)
		values := e.Get(a)
		if len(values) == 0 || u.class != "" && !s.hasClass(e, u.class) {
			continue
		}
		for _, v := range values {
			taken, err := s.taken(r, e, a, v, u.class)
			if err != nil {
				return err
			}
			if taken {
				return wire.Errorf(wire.ConstraintViolation, "some attributes not unique")
			}
		}
	}
	return nil
}

func (s *Server) taken(r *tree.Read, e *model.Entry, a *model.Attribute, value, class string) (bool, error) {
	norm, err := s.schema.Normalize(a, value)
	if err != nil {
		return false, nil // the syntax check says so
	}
	ids, _ := r.Equal(a, norm, 1<<20)
	for _, id := range ids {
		if id == e.ID {
			continue
		}
		other, err := r.Entry(id)
		if err != nil {
			return false, err
		}
		if other != nil && (class == "" || s.hasClass(other, class)) {
			return true, nil
		}
	}
	return false, nil
}
