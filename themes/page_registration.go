// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

// CollectiveServices is "/collectives/<name>/services".
type CollectiveServices struct {
	Manage
	Add     string // path of [AddService]
	Tokens  string // path of [Registrars]
	Waiting []KeptView
	Own     []KeptView
	Open    []KeptView // of other collectives
}

// KeptView is a service in the list of a collective's.
type KeptView struct {
	Title      string
	Host       string
	Collective string // title of another one that runs it
	Access     string // keys below "access.policy."
	Kind       string // what it was registered as, in the application's own words; empty: not known
	Stopped    bool
	Used       string // day of the last sign-on; empty: none in two months
	Told       string // when it was last told of a log-out; empty: never
	Silent     bool   // it never answers when it is told
	Path       string // of who enters
	Keep       string // of [ServiceKeep]
}

// AddService is "/collectives/<name>/add-service": first what, then the form.
// Form: #service-add with "name", "called", "url", "access", "guest.<name>",
// "param.<name>", and for SAML "metadata-url", "metadata" and the file
// "metadata-file".
type AddService struct {
	Manage
	Action string
	Kinds  []KindView // to choose from
	Kind   KindView   // chosen; with an empty name none is

	Name, Called, URL     string // as typed
	NoAddress             bool   // it can do without one
	Access, Guests        []Choice
	Params                []ParamView
	AsksAddresses         bool // where answers go is not known of the application
	Addresses             string
	SAML                  bool // the service provider's metadata is taken
	Known                 bool // without metadata it can be registered all the same
	MetadataURL, Metadata string
}

// KindView is an application that Clau knows.
type KindView struct {
	Name     string
	Title    string // in its own words, which no language translates
	About    string
	Protocol string // as its standard calls it
	Path     string
}

// ParamView is something that an application must be told apart by.
type ParamView struct {
	Name     string // of the field
	About    string
	Value    string
	Required bool
}

// ServiceGuide is "/collectives/<name>/services/<service>/guide": what to enter
// at the other side.
type ServiceGuide struct {
	Manage
	Name     string // the service's title
	Kind     string
	About    string
	Secret   string // just made; shown once
	Hidden   bool   // the guide has the secret's place, and Clau does not have the secret
	Steps    []GuideStep
	Warnings []string
	Logout   string
	Keep     string // path of [ServiceKeep]
}

// GuideStep is one step.
type GuideStep struct {
	Title    string
	Path     string // to the screen, in that screen's words
	Text     string
	Fields   []GuideField
	Commands []GuideCommand
}

// GuideField is something to enter into a field.
type GuideField struct {
	Name, Value string
	Secret      bool
}

// GuideCommand is something to run, or to write into a file.
type GuideCommand struct {
	Where, Text string
	Secret      bool
}

// ServiceKeep is "/collectives/<name>/services/<service>/keep". Every form sends
// "do": its button is #keep-<do>.
type ServiceKeep struct {
	Manage
	Action  string
	Version string // of what the page was drawn from, sent with each form
	Service ServiceView
	Name    string // short
	Kind    string
	State   string // keys below "registration.state."
	Starts  bool   // the visitor may open what is stopped
	Speaks  string // protocol, as its standard calls it
	Waits   bool   // software registered it, and nobody has looked at it
	Decides bool   // the reader may say that it is good
	Facts   []FactView

	Guide, Door, Trace string // paths

	Secret  bool   // it proves itself with one
	Days    string // as typed
	Overlap string // until when an older secret is good as well; empty: there is none

	Called, About, URL    string // as typed, below
	Addresses             string // one on a line
	AddressKind           string // keys below "registration.addresses."; empty: it has none
	AfterLogout           string
	Backchannel           string
	Client                bool // it has the two above
	SAML                  bool
	MetadataURL, Metadata string
	Forum                 bool
	HasAPIKey             bool
	Access, Guests        []Choice // empty: not the reader's to say
	Uses                  []UseView
	Told                  DeliveredView
	Confirm               string
	Open                  string // the form that is shown unfolded: "change", "remove"
}

// FactView is something that the other side is told.
type FactView struct {
	Name  string // as applications call it
	Value string
}

// UseView is how often a service was used on a day.
type UseView struct{ Day, Count string }

// DeliveredView is what came of telling a service of log-outs.
type DeliveredView struct {
	Done, Retrying, GivenUp, Unsupported string // how many; empty: none
	Last                                 string
	Silent                               bool
}

// ServiceTrace is "/collectives/<name>/services/<service>/trace". Forms:
// #trace-start, #trace-stop.
type ServiceTrace struct {
	Manage
	Action  string
	Name    string // the service's title
	Begin   string // where a sign-on begins
	Until   string // time of day; empty: no test runs
	Keep    string // path of [ServiceKeep]
	Entries []EntryView
}

// EntryView is one message of a sign-on.
type EntryView struct {
	When   string
	Direct bool // the service asked by itself
	Asked  string
	Status string
	To     string
	Error  string // code of a page that was shown in place of an answer
	Sent   []SaidPart
	Within []SaidPart
	Answer []SaidPart
}

// SaidPart is one thing that a message said.
type SaidPart struct {
	Name, Value string
	Hidden      string // how many characters are not shown; empty: none
}

// Registrars is "/collectives/<name>/registrars". Forms: #registrar-make with
// "label", "days", "limit", "waits".
type Registrars struct {
	Manage
	Action     string
	Endpoint   string // where software registers
	Token      string // just made; shown once
	Registrars []RegistrarView
	Label      string // as typed, below
	Days       string
	Limit      string
	Waits      bool
}

// RegistrarView is a token with which software registers services.
type RegistrarView struct {
	Label  string
	By     string
	Until  string
	Used   string // how many services it has registered
	Limit  string
	Waits  bool
	Over   bool // its time is over
	Revoke Post
}

func (CollectiveServices) page() string { return "collective-services" }
func (AddService) page() string         { return "add-service" }
func (ServiceGuide) page() string       { return "service-guide" }
func (ServiceKeep) page() string        { return "service-keep" }
func (ServiceTrace) page() string       { return "service-trace" }
func (Registrars) page() string         { return "registrars" }

// registrationFamilies are the keys that the pages of registration may choose.
func registrationFamilies() map[string][]string {
	return map[string][]string{
		"registration.state":     {"active", "suspended", "pending-approval", "other"},
		"registration.addresses": {"oidc", "discourse", "forward-auth", "other"},
		"registration.notice": {
			"changed", "suspended", "activated", "overlap-ended", "approved", "refused", "removed", "api-key", "started", "stopped", "revoked",
		},
		"registration.fault": {
			"empty", "long", "name", "taken", "address", "https", "form", "unknown", "fragment", "user", "pattern", "link", "incoherent",
			"metadata", "metadata-source", "metadata-expired", "metadata-needed", "metadata-other", "days", "limit", "confirm", "access", "key", "other",
		},
	}
}
