// SPDX-License-Identifier: AGPL-3.0-or-later

package letter

import (
	"context"
	"log/slog"
	"net/url"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/mail"
	"commonscloud.coop/clau/themes"
)

// Collectives gives the name and colours that a letter is written in.
type Collectives interface {
	Collective(ctx context.Context, name directory.CollectiveName) (directory.Collective, error)
}

// Room is a [Writer].
type Room struct {
	Issuer      *url.URL
	Collectives Collectives
	Themes      *themes.Themes
	Mail        mail.Sender
	Now         func() time.Time
	Logger      *slog.Logger
}

var _ Writer = (*Room)(nil)

// Write implements [Writer].
func (r *Room) Write(ctx context.Context, l Letter) {}
