// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"io"
	"reflect"
)

// pageSet is the templates of all pages in one language.
type pageSet map[string]*template.Template

// every page that there is, as its zero value.
func every() []Page {
	return []Page{
		Portal{}, Login{}, ChooseAccount{}, ChangePassword{}, ConfirmLogout{},
		LoggedOut{}, Farewell{}, Account{}, Error{}, FormPost{}, Privacy{},
		Consent{}, Closed{}, MyServices{}, MyService{}, Receipt{}, Policy{},
		Collective{}, Requests{}, Request{}, Members{}, Member{}, Invitations{},
		CollectiveServices{}, CollectiveService{}, Settings{}, CollectiveLog{},
		AddService{}, ServiceGuide{}, ServiceKeep{}, ServiceTrace{}, Registrars{},
		Join{}, JoinForm{}, JoinPaper{}, JoinApplication{}, JoinProve{}, JoinReturn{}, JoinPassword{}, JoinOver{}, Invitation{},
		MyProfile{}, MyAddress{}, ProveMyAddress{}, MyPassword{}, MyCode{}, MySessions{},
		MyCollectives{}, LeaveCollective{}, MyActivity{}, MyData{}, EraseAccount{}, EraseBegun{}, CancelErasure{},
		Recover{}, RecoverPassword{}, RecoverCode{}, Recovered{},
	}
}

// readPages parses each page once for each language: the words are bound to
// the functions, so that a template says {{t "login.heading"}} and no more.
func (t *Themes) readPages(f files) error {
	t.pages = map[string]pageSet{}
	for tag := range t.locales {
		t.pages[tag] = pageSet{}
	}
	frame, err := t.parse(f, "templates/layout.html", "templates/parts.html", "templates/consent-parts.html", "templates/collective-parts.html", "templates/registration-parts.html")
	if err != nil {
		return err
	}
	var faults []error
	for _, p := range every() {
		faults = append(faults, t.readPage(f, frame, p))
	}
	return errors.Join(faults...)
}

func (t *Themes) readPage(f files, frame *template.Template, p Page) error {
	name := "templates/" + p.page() + ".html"
	content, err := f.read(name)
	if err != nil {
		return fmt.Errorf("themes: %s: %w", name, err)
	}
	whole, err := template.Must(frame.Clone()).Parse(string(content))
	if err != nil {
		return fmt.Errorf("themes: %s: %w", name, err)
	}
	if err := t.checkWords(name, htmlTrees(whole)); err != nil {
		return err
	}
	for tag := range t.locales {
		own := template.Must(whole.Clone()).Funcs(t.functions(tag))
		t.fold(own, tag)
		tmpl := own.Lookup("layout.html")
		t.pages[tag][p.page()] = tmpl
		for _, trial := range []Page{p, filled(p)} {
			if err := tmpl.Execute(io.Discard, t.view(filledFrame(tag), trial)); err != nil {
				return fmt.Errorf("themes: %s: %w", name, err)
			}
		}
	}
	return nil
}

// parse reads the files that all pages share.
func (t *Themes) parse(f files, names ...string) (*template.Template, error) {
	root := template.New("layout.html").Funcs(t.functions(t.fallback)).Option("missingkey=error")
	for _, name := range names {
		content, err := f.read(name)
		if err != nil {
			return nil, fmt.Errorf("themes: %s: %w", name, err)
		}
		if _, err := root.Parse(string(content)); err != nil {
			return nil, fmt.Errorf("themes: %s: %w", name, err)
		}
	}
	return root, nil
}

// filled returns a page of p's type with something in every field. Templates
// are executed with it at the start: a field misspelt in an overlay shows then.
func filled(p Page) Page { return filledAny(p).(Page) }

func filledAny(example any) any {
	v := reflect.New(reflect.TypeOf(example)).Elem()
	fillFields(v, "x")
	return v.Interface()
}

func filledFrame(lang string) Frame {
	return Frame{Lang: lang, Here: "/", Person: "x", Reference: "x", Branding: Branding{Title: "x", Colour: "#123456", Logo: "/x"}}
}

// fillFields puts text in every string that can be reached from v, and one
// element in every slice.
func fillFields(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(7)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillFields(v.Elem(), text)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fillFields(v.Index(0), text)
	case reflect.Struct:
		for i := range v.NumField() {
			fillFields(v.Field(i), text)
		}
	}
}

// formPostScript submits the form of [FormPost]. It is by itself on purpose:
// changing it changes [FormPostScriptHash] with it.
const formPostScript = `document.getElementById("form-post").submit()`

// FormPostScriptHash returns the source expression that lets the one inline
// script run (CSP Level 3 section 2.3.1): 'sha256-…', with its quotes. Only the
// page [FormPost] needs it.
func FormPostScriptHash() string {
	sum := sha256.Sum256([]byte(formPostScript))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
