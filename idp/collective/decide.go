// SPDX-License-Identifier: AGPL-3.0-or-later

package collective

import (
	"net/http"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// decide does what a manager decided about a case.
func (a *Room) decide(w http.ResponseWriter, v visit) error {
	form, err := a.form(v, "question", "reason", "to")
	if err != nil {
		return err
	}
	f, err := a.open(v)
	if err != nil {
		return err
	}
	f.typed = form
	if f.faults = a.decisionFaults(f); len(f.faults) > 0 {
		return a.drawRequest(w, f)
	}
	done, err := a.decided(f)
	if err != nil {
		return a.undecided(w, f, err)
	}
	a.rosters.forget(v.name)
	if done == "asked" || done == "second" {
		return web.Redirect(w, v.Request, v.here(f.told(done)))
	}
	return web.Redirect(w, v.Request, v.at(path(v.name, "requests"), f.told(done)))
}

// decided hands the decision on, and says what has been done.
func (a *Room) decided(f *file) (string, error) {
	ctx, by, id := f.Context(), f.by(), f.waiting.ID
	switch f.typed["do"] {
	case "accept":
		result, err := a.Memberships.Accept(ctx, by, id)
		return came(result, "accepted"), err
	case "ask":
		return "asked", a.Memberships.AskBack(ctx, by, id, tidyText(f.typed["question"]))
	case "refuse":
		return "refused", a.Memberships.Refuse(ctx, by, id, tidyText(f.typed["reason"]))
	case "pass":
		return "passed", a.Memberships.Pass(ctx, by, id, directory.CollectiveName(f.typed["to"]))
	}
	return "", badRequest()
}

// told is the notice of a decision. Of a proposal there is nobody who asked: it
// is agreed upon, or who made it reads why not.
func (f *file) told(done string) string {
	if fromOutside(f.waiting.Kind) || f.waiting.Kind == directory.CaseHome {
		return told(done, f.waiting.About)
	}
	switch done {
	case "accepted":
		return "agreed"
	case "refused":
		return "opposed"
	}
	return done
}

// undecided shows the case as it is now, and why it is not otherwise.
func (a *Room) undecided(w http.ResponseWriter, f *file, cause error) error {
	if f.faults = a.faultsOf(f.visit, cause, f.places()); len(f.faults) > 0 {
		return a.drawRequest(w, f)
	}
	why, err := refusal(cause)
	if err != nil {
		return err
	}
	why.tell(f.Context(), cause)
	now, err := a.open(f.visit)
	if err != nil {
		return err
	}
	now.typed, now.refused = f.typed, why
	return a.drawRequest(w, now)
}

func (a *Room) decisionFaults(f *file) []themes.Fault {
	switch f.typed["do"] {
	case "ask":
		return a.textFault(f.visit, "question", "requests.question", f.typed["question"])
	case "refuse":
		return a.textFault(f.visit, "reason", "requests.reason", f.typed["reason"])
	case "pass":
		if f.typed["to"] == "" {
			return []themes.Fault{a.fault(f.visit, "to", "requests.pass-to", "empty")}
		}
	}
	return nil
}

// places are where what was typed about a case stands.
func (f *file) places() places {
	if f.typed["do"] == "ask" {
		return places{"text": {"question", "requests.question"}}
	}
	return places{"text": {"reason", "requests.reason"}}
}
