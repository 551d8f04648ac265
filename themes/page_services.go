// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

// MyServices is "/account/services": what each service received.
type MyServices struct {
	Services []HeldView // last used first
	Notice   string     // "services.stopped" …
	Error    string
}

// HeldView is a service that has received something, or would.
type HeldView struct {
	Title    string
	Through  string   // title of the collective in whose name the person enters
	Since    string   // formatted, as all moments
	Used     string   // day of the last use; empty: never
	Receives []string // attributes, keys below "attribute."
	Appear   string   // "real", "pseudonym", "none"; empty: not told
	State    string   // "asked", "again", "agreed", "nothing", "stopped": keys below "services.state."
	Agreed   string   // of "agreed": day of the assembly
	Minutes  string   // address of its minutes
	Detail   string   // path of [MyService]
	Stop     Post
}

// Post is a form that is one button. Without an Action it is not shown.
type Post struct {
	Action string
	Fields []Field
}

// MyService is "/account/services/<name>". Forms: #service-stop; #service-ask
// (decide again); #service-renew with "confirm" (be somebody new there).
type MyService struct {
	Service  ServiceView
	Held     HeldView // its Detail and Stop are not used
	Until    string   // day on which it is asked again
	Receives []ReceivedView
	Known    []KnownView
	History  []DecisionView // newest first
	Outcomes []LogoutView   // of stopping it just now
	Stop     Post
	Ask      Post
	Renew    Post
	Notice   string // "services.stopped", "services.renewed", "services.again"
	Error    string // "services.confirm", "services.unavailable"
}

// ReceivedView is what the service receives now.
type ReceivedView struct{ Attribute, Value string }

// KnownView is an identifier that the service knows the person by.
type KnownView struct {
	Kind  string // "subject", "handle", "alias", "pseudonym": keys below "services.known."
	Value string
}

// DecisionView is a decision and its receipt.
type DecisionView struct {
	When     string
	Decision string // "allowed", "part", "denied", "stopped", "renewed", "reopened", "agreed": keys below "receipt.decision."
	Receipt  string // path of [Receipt]; empty: none
}

// Receipt is "/account/receipts/<id>", made to be printed.
type Receipt struct {
	ID         string
	Issued     string
	Issuer     string
	Decision   string // as in [DecisionView]
	Service    string // title
	Controller string // title of the collective that answers for the data
	Contact    string // of the controller
	Privacy    string // address of its privacy policy
	Subject    string // by which identifier the person is named
	Appear     string
	Until      string
	Items      []ReceiptItem
	Shown      string // digest of what the screen said
	Key        string // id of the key that signed
	JWKS       string // address of the published keys
	JSON, JWS  string // paths to download it from
	Keys       string // path to download the keys from that it is checked with
	Purpose    string // what the service is for, in the collective's words
	Compact    string // the signed receipt itself
	Back       string // path of [MyService]
}

// ReceiptItem is what was decided about one attribute.
type ReceiptItem struct {
	Attribute string
	Allowed   bool
	Purpose   string
	Keep      string
	Digest    string // of the value
}

func (MyServices) page() string { return "my-services" }
func (MyService) page() string  { return "my-service" }
func (Receipt) page() string    { return "receipt" }
