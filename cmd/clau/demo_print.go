// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"fmt"
	"strings"

	"commonscloud.coop/clau/cmd/clau/config"
	"commonscloud.coop/clau/cmd/clau/demo"
)

// demonstration is all that somebody needs to know to look around.
type demonstration struct {
	Issuer   string        `json:"issuer"`
	Services []demoService `json:"services"`
	Mail     string        `json:"mail"`
	Password string        `json:"password"`
	People   []demoPerson  `json:"people"`
	Config   string        `json:"config,omitempty"` // only if it is kept
}

type demoService struct {
	Service  string `json:"service"`
	Title    string `json:"title"`
	URL      string `json:"url"`
	ClientID string `json:"client_id"`
	Crowd    string `json:"-"`
}

type demoPerson struct {
	UID         string           `json:"uid"`
	Name        string           `json:"name"`
	Anonymous   bool             `json:"anonymous"`
	Collectives []membershipView `json:"collectives"`
}

func demoView(s config.Settings, d *doors, kept bool) demonstration {
	v := demonstration{Issuer: s.Issuer.String(), Mail: d.mail.address.String(), Password: demo.Password}
	for i, sample := range demo.Running() {
		v.Services = append(v.Services, demoService{string(sample.Name), sample.Title, d.sites[i].address.String(), string(sample.Name), sample.Crowd})
	}
	for _, one := range demo.People() {
		p := demoPerson{UID: string(one.Handle), Name: one.Name, Anonymous: one.Anonymous()}
		for _, name := range one.Belongs {
			p.Collectives = append(p.Collectives, membershipView{name, name == one.Manages})
		}
		v.People = append(v.People, p)
	}
	if kept {
		v.Config = s.File
	}
	return v
}

func (a *app) printDemo(v demonstration) error {
	if a.json {
		return a.printJSON(v)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s\n\n", a.bold("Clau is running: one key to every service."))
	places := [][]string{{"  Clau", a.bold(v.Issuer), ""}}
	for _, s := range v.Services {
		places = append(places, []string{"  " + s.Title, a.bold(s.URL), s.Crowd})
	}
	places = append(places, []string{"  Mail", a.bold(v.Mail), "What Clau would have sent."})
	writeAligned(&b, places)

	fmt.Fprintf(&b, "\nBe any of these. The password of all is  %s\n\n", a.bold(v.Password))
	people := [][]string{}
	for _, p := range v.People {
		people = append(people, []string{"  " + a.bold(p.UID), p.Name, p.place()})
	}
	writeAligned(&b, people)
	fmt.Fprintf(&b, "\nTry\n%s\n", v.tries())
	fmt.Fprintf(&b, "Ctrl-C stops it%s.\n\n", map[bool]string{true: " and throws everything away", false: ""}[v.Config == ""])
	_, err := fmt.Fprint(a.out, b.String())
	return err
}

func (p demoPerson) place() string {
	if p.Anonymous {
		return string(p.Collectives[0].Collective) + ", which alone knows who it is"
	}
	var names []string
	for _, c := range p.Collectives {
		name := string(c.Collective)
		if c.Manager {
			name += " (manager)"
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// tries is a walk through the demonstration.
func (v demonstration) tries() string {
	forum, nuvol := v.Services[0], v.Services[1]
	text := fmt.Sprintf(`  1. Open %s, choose "Log in with Clau", and be %s.
  2. Open %s: no password is asked, and you have another identifier there.
  3. Log out at one, and reload the other.
  4. Be fatima, who is not of the Ateneu, and try %s.
`, forum.URL, v.People[0].UID, nuvol.URL, nuvol.Title)
	text += fmt.Sprintf(`  5. In another browser, join at %s/join, and find the mail at %s.
  6. As %s, decide on it at %s/collectives/ateneu.
`, v.Issuer, v.Mail, v.People[0].UID, v.Issuer)
	if v.Config != "" {
		text += fmt.Sprintf("  7. In another terminal: clau person disable pau --config %s\n", v.Config)
	}
	return text
}

func (a *app) bold(text string) string {
	if !a.colours() {
		return text
	}
	return "\x1b[1m" + text + "\x1b[0m"
}

// writeAligned writes columns. Rows have their colours already, each the same
// number of them, so that the widths stay comparable.
func writeAligned(b *strings.Builder, rows [][]string) {
	widths := columnWidths(make([]string, len(rows[0])), rows)
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(cell + strings.Repeat(" ", widths[i]-runes(cell)+2))
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}
