// SPDX-License-Identifier: AGPL-3.0-or-later

package audit

// Kinds are all that there are, so that each has its words.
func Kinds() []Kind {
	return []Kind{
		LoginSucceeded, LoginFailed, LoggedOut, PasswordChanged,
		SignOn, SignOnRefused,
		ConsentGiven, ConsentDenied, ConsentStopped, ConsentRenewed, TokensRevoked,
		KeyAdded, KeyRotated, KeyRemoved,
		PersonAdded, PersonChanged, PersonRemoved,
		CollectiveAdded, CollectiveChanged, CollectiveRemoved,
		ServiceAdded, ServiceChanged, ServiceRemoved,
		Applied, AddressProved, CaseOpened, CaseAgreed, CaseAsked, CaseAnswered,
		CaseAccepted, CaseRefused, CasePassed, CaseWithdrawn, CaseLapsed,
		InvitationMade, InvitationUsed, InvitationRemoved,
		MemberAdded, MemberRemoved, MemberLeft, ManagerAdded, ManagerRemoved,
		PersonSuspended, PersonRestored, AccessGranted, AccessRevoked, AdminAdded, AdminRemoved,
		PasswordSet, ResetSent, CodeUsed, ProfileChanged, AddressChanged, SessionEnded, DataExported,
		EraseAsked, EraseCancelled, PersonErased,
		EventsLost, MonthsRemoved, LineTorn,
	}
}
