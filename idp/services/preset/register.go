// SPDX-License-Identifier: AGPL-3.0-or-later

package preset

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
)

// Input is what somebody says of a new service.
type Input struct {
	Name        directory.ServiceName
	Collective  directory.CollectiveName
	Title       string // default: the name
	Description string
	URL         string // of the application's front page
	Access      directory.AccessPolicy
	ClientID    directory.ClientID // default: the name
	Params      map[string]string

	// Provider is a SAML service provider as idp/saml/metadata looked at it: its
	// metadata, the entityID, and in the settings nothing but where it is fetched
	// anew. Nil where the preset knows enough by itself.
	Provider *directory.SAMLProvider

	Minter Minter
}

// ErrMetadata says that the preset cannot do without the service provider's
// metadata. [Preset.MetadataURL] is where it may be had.
var ErrMetadata = errors.New("preset: metadata of the service provider is needed")

// Register makes a complete service, active, and the secret that the other side
// needs. What is wrong with the input is returned all at once, as [Faults].
func (p Preset) Register(in Input) (directory.Service, Credentials, error) {
	f, err := p.settle(in)
	if err != nil {
		return directory.Service{}, Credentials{}, err
	}
	id, err := uuid.NewRandomFromReader(in.Minter.Rand)
	if err != nil {
		return directory.Service{}, Credentials{}, fmt.Errorf("preset: %w", err)
	}
	link, err := expand(cmp.Or(p.Link, "{{.URL}}"), f)
	if err != nil {
		return directory.Service{}, Credentials{}, err
	}
	s := directory.Service{
		ID: directory.ServiceID(id.String()), Name: in.Name, Collective: in.Collective, State: directory.Active,
		Access: cmp.Or(in.Access, directory.AccessCollective), Title: cmp.Or(in.Title, string(in.Name)),
		Description: in.Description, URL: link, Created: in.Minter.Now(), Preset: p.Name, Essential: p.essential(),
	}
	if err := p.speak(&s, in, f); err != nil {
		return directory.Service{}, Credentials{}, err
	}
	credentials, err := in.Minter.Give(&s)
	return s, credentials, err
}

// speak registers the service for its protocol.
func (p Preset) speak(s *directory.Service, in Input, f facts) (err error) {
	switch {
	case p.OIDC != nil:
		s.OIDC, err = p.OIDC.register(cmp.Or(in.ClientID, directory.ClientID(in.Name)), f)
	case p.SAML != nil:
		s.SAML, err = p.SAML.register(in, f, p.attributes())
	case p.Discourse != nil:
		urls, fault := expandAll(p.Discourse.ReturnURLs, f)
		s.Discourse = &directory.DiscourseConnect{
			ReturnURLs: urls, Settings: directory.DiscourseSettings{Attributes: p.attributes(), FullGroups: p.Discourse.FullGroups},
		}
		err = fault
	case p.Forward != nil:
		origins, fault := expandAll(p.Forward.Origins, f)
		s.Forward = &directory.ForwardAuth{Origins: origins, Attributes: p.attributes(), GroupFormat: p.Forward.GroupFormat}
		err = fault
	}
	return err
}

func (p Preset) attributes() []string {
	var out []string
	for _, a := range p.Needs {
		out = append(out, string(a))
	}
	return out
}

func (o OIDC) register(id directory.ClientID, f facts) (*directory.OIDCClient, error) {
	redirects, err1 := expandAll(o.RedirectURIs, f)
	after, err2 := expandAll(o.AfterLogout, f)
	ends, err3 := expandAll([]string{o.Backchannel}, f)
	frames, err4 := expandAll([]string{o.Frontchannel}, f)
	starts, err5 := expandAll([]string{o.InitiateLogin}, f)
	grants := []string{"authorization_code"}
	if o.Refresh {
		grants = append(grants, "refresh_token")
	}
	return &directory.OIDCClient{
		ID: id, RedirectURIs: redirects,
		Metadata: directory.ClientMetadata{
			PostLogoutRedirectURIs: after, AuthMethod: o.AuthMethod, GrantTypes: grants, IDTokenAlg: o.Alg,
			BackchannelLogoutURI: first(ends), FrontchannelLogoutURI: first(frames), InitiateLoginURI: first(starts),
			Bridge: o.Bridge, GroupFormat: o.GroupFormat, FlatIntrospect: o.FlatIntrospect, SessionState: o.SessionState,
			PromptStored: o.PromptStored, CommaScopes: o.CommaScopes, DefaultScopes: o.DefaultScopes,
			AccessTokenFormat: o.AccessToken, PKCEOptional: o.PKCEOptional, ClaimsInIDToken: o.ClaimsInIDToken,
		},
	}, errors.Join(err1, err2, err3, err4, err5)
}

// settle checks the input and makes facts of it.
func (p Preset) settle(in Input) (facts, error) {
	f := facts{Name: string(in.Name), Title: cmp.Or(in.Title, string(in.Name)), Collective: string(in.Collective), Param: map[string]string{}}
	var faults []error
	switch address, fault := cleanAddress(in.URL); {
	case in.URL == "" && p.NoAddress:
	case in.URL == "":
		faults = append(faults, &Fault{"url", "missing", "the address of the application's front page is needed, as https://cloud.example.coop"})
	case fault != nil:
		faults = append(faults, fault)
	default:
		f.locate(address)
	}
	for _, param := range p.Params {
		f.Param[param.Name] = cmp.Or(in.Params[param.Name], param.Default)
	}
	return f, errors.Join(append(faults, p.paramFaults(in.Params)...)...)
}

// paramFaults holds what was given against what the preset asks for.
func (p Preset) paramFaults(given map[string]string) []error {
	var faults []error
	for _, param := range p.Params {
		if given[param.Name] == "" && param.Default == "" {
			faults = append(faults, &Fault{param.Name, "missing", fmt.Sprintf("param %q is needed: %s", param.Name, param.About.In("en"))})
		}
	}
	return append(faults, p.givenFaults(given)...)
}

// givenFaults are those of what was given, whatever was not.
func (p Preset) givenFaults(given map[string]string) []error {
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(given)) {
		i := slices.IndexFunc(p.Params, func(param Param) bool { return param.Name == name })
		if i < 0 {
			faults = append(faults, &Fault{name, "unknown", fmt.Sprintf("the preset %s has no param %q; %s", p.Name, name, p.paramNames())})
			continue
		}
		if fault := p.Params[i].fault(given[name]); fault != nil {
			faults = append(faults, fault)
		}
	}
	return faults
}

// paramNames says which there are, to whoever wrote another.
func (p Preset) paramNames() string {
	if len(p.Params) == 0 {
		return "it has none"
	}
	var names []string
	for _, param := range p.Params {
		names = append(names, param.Name)
	}
	return "it has " + strings.Join(names, ", ")
}

// fault is what is wrong with a value. None at all means the default.
func (p Param) fault(value string) *Fault {
	form, err := regexp.Compile(`^(?:` + p.Pattern + `)$`)
	if value == "" || err == nil && form.MatchString(value) {
		return nil
	}
	return &Fault{p.Name, "form", fmt.Sprintf("param %q cannot be %q: %s", p.Name, value, p.About.In("en"))}
}

// essential are the attributes that the application lets nobody in without.
func (p Preset) essential() []string {
	var out []string
	for _, a := range p.Essential {
		out = append(out, string(a))
	}
	if p.NeedsMail {
		out = append(out, string(release.Mail))
	}
	return out
}
