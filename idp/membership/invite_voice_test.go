// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
)

// invitedBy is marta's application by a link of anna's, not proven yet.
func (w *town) invitedBy() (application Application, invitation string) {
	w.t.Helper()
	path, err := w.room.Invite(w.ctx(), manages("anna", ateneu), "", "", 5, w.clock.Now().Add(24*time.Hour))
	w.must(err)
	a := marta(ateneu)
	a.Invitation = ticketIn(w.t, letter.Letter{Path: path})
	made, err := w.room.Invitations(w.ctx(), manages("biel", ateneu))
	w.must(err)
	return a, made[0].ID
}

// An invitation is a voice for as long as it is not withdrawn: a link that
// leaked lets nobody in afterwards.
func TestAWithdrawnInvitationIsNoVoice(t *testing.T) {
	for name, withdrawn := range map[string]bool{"withdrawn": true, "as it was": false} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, w *town) {
				a, id := w.invitedBy()
				_, err := w.room.Apply(w.ctx(), a, homeNetwork)
				w.must(err)
				if withdrawn {
					w.must(w.room.Uninvite(w.ctx(), manages("biel", ateneu), id))
				}
				l := w.letters.last(t, letter.ProveAddress)
				_, err = w.room.Prove(w.ctx(), ticketIn(t, l))
				w.must(err)
				if p := w.person(l.To.ID); (p.State == directory.PendingApproval) != withdrawn {
					t.Errorf("marta is %s", p.State)
				}
				list, err := w.room.Waiting(w.ctx(), manages("biel", ateneu))
				w.must(err)
				if withdrawn && (len(list) != 1 || len(list[0].Agreed) != 0) {
					t.Errorf("waiting: %+v", list)
				}
			})
		})
	}
}

// Withdrawn while the application was being written.
func TestAnApplicationThatIsWrittenAfterTheWithdrawal(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		a, id := w.invitedBy()
		i, err := w.dir.Invitation(w.ctx(), id)
		w.must(err)
		_, err = w.room.Apply(w.ctx(), a, homeNetwork)
		w.must(err)
		applicant := w.letters.last(t, letter.ProveAddress).To.ID
		w.must(w.dir.RemoveInvitation(w.ctx(), directory.System(), ateneu, id))
		w.must(w.room.stillInvited(w.ctx(), i, directory.CaseID(applicant)))
		c, err := w.dir.Case(w.ctx(), ateneu, directory.CaseID(applicant))
		w.must(err)
		if len(c.Agreed) != 0 {
			t.Errorf("agreed: %v", c.Agreed)
		}
	})
}

// What waits already has the voices that its managers see.
func TestAWithdrawalTakesNoVoiceFromWhatWaits(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		w.together(ateneu, directory.MatterAccepting)
		a, id := w.invitedBy()
		a.Invitation = ""
		_, one := w.applied(a)
		_, err := w.room.Accept(w.ctx(), manages("anna", ateneu), one)
		w.must(err)
		w.must(w.room.Uninvite(w.ctx(), manages("biel", ateneu), id))
		c, err := w.dir.Case(w.ctx(), ateneu, one)
		w.must(err)
		if len(c.Agreed) != 1 {
			t.Errorf("agreed: %v", c.Agreed)
		}
	})
}
