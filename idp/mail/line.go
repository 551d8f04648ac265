// SPDX-License-Identifier: AGPL-3.0-or-later

package mail

import (
	"context"
	"crypto/tls"
	"net"

	gomail "github.com/wneessen/go-mail"
)

// line returns how to connect for one delivery, and ends the connection with
// it: the library forgets one on which something went wrong before the mail,
// and looks at no context once it is connected.
func (s *SMTP) line(delivery context.Context) gomail.DialContextFunc {
	connect := new(net.Dialer).DialContext
	if s.server.security == fromTheStart {
		connect = (&tls.Dialer{Config: s.tls}).DialContext
	}
	return func(ctx context.Context, network, at string) (net.Conn, error) {
		conn, err := connect(ctx, network, at)
		if err != nil {
			return nil, err
		}
		context.AfterFunc(delivery, func() { conn.Close() })
		return conn, nil
	}
}

// policy never lets a mail out in clear but where that is meant. With TLS from
// the start the library finds the connection encrypted and asks for no more.
func (s security) policy() gomail.TLSPolicy {
	switch s {
	case inClear:
		return gomail.NoTLS
	case fromTheStart:
		return gomail.TLSOpportunistic
	}
	return gomail.TLSMandatory
}
