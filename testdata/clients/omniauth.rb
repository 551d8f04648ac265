# SPDX-License-Identifier: AGPL-3.0-or-later
#
# Relying parties on OmniAuth, as Mastodon, Greenlight and Discourse are. The
# test is the web server: it writes each request as a line of JSON, and reads the
# answer as one.

require "json"
require "logger"
require "rack/builder"
require "rack/mock"
require "omniauth"

SETTINGS = JSON.parse(ENV.fetch("SETTINGS"))
TEST = $stdout.dup.tap { |out| out.sync = true }
$stdout.reopen($stderr) # what libraries print is no answer
OmniAuth.config.logger = Logger.new($stderr, level: Logger::FATAL)
OmniAuth.config.request_validation_phase = nil
OmniAuth.config.allowed_request_methods = %i[get post]
OmniAuth.config.silence_get_warning = true
OmniAuth.config.full_host = SETTINGS["site"]
OmniAuth.config.on_failure = lambda do |env|
  [200, {}, ["<p>Refused: <b id=\"error\">#{env["omniauth.error.type"]}</b></p><p>#{env["omniauth.error"]&.message}</p>"]]
end

# What Discourse's plugin for OpenID Connect does: it proves itself by HTTP Basic,
# wants its nonce back, does not look at the signature, and holds userinfo against
# the ID token.
def discourse
  require "omniauth-oauth2"
  require "jwt"
  require "securerandom"
  Class.new(OmniAuth::Strategies::OAuth2) do
    option :authorize_options, [:scope]
    uid { said["sub"] }
    info { said.slice("email", "email_verified", "name") }

    def callback_url = SETTINGS["callback"]

    def authorize_params
      super.tap { |params| params[:nonce] = session["nonce"] = SecureRandom.hex }
    end

    def said
      @said ||= begin
        token, = JWT.decode(access_token["id_token"], nil, false)
        raise "nonce" unless token["nonce"] == session.delete("nonce")
        raise "iss, aud" unless token["iss"] == SETTINGS["issuer"] && token["aud"] == SETTINGS["id"]
        userinfo = access_token.get(SETTINGS["issuer"] + "/userinfo").parsed
        raise "sub" unless userinfo["sub"] == token["sub"]
        token.merge(userinfo)
      end
    end
  end
end

PATHS = { request_path: "/auth/enter", callback_path: SETTINGS["path"] }.freeze

def party
  case SETTINGS["strategy"]
  when "openid_connect"
    require "omniauth_openid_connect"
    SWD.url_builder = URI::HTTP # this test's Clau has no certificate
    [OmniAuth::Strategies::OpenIDConnect, { **PATHS,
      issuer: SETTINGS["issuer"], discovery: true, scope: SETTINGS["scope"], uid_field: SETTINGS["uid"],
      client_options: { identifier: SETTINGS["id"], secret: SETTINGS["secret"], redirect_uri: SETTINGS["callback"] } }]
  when "saml"
    require "omniauth-saml"
    OneLogin::RubySaml::Logging.logger = OmniAuth.config.logger
    [OmniAuth::Strategies::SAML, { **PATHS, name: "saml", request_path: "/auth/saml",
      assertion_consumer_service_url: SETTINGS["callback"], sp_entity_id: SETTINGS["id"],
      idp_entity_id: SETTINGS["issuer"] + "/saml/metadata", idp_sso_service_url: SETTINGS["issuer"] + "/saml/sso",
      idp_slo_service_url: SETTINGS["issuer"] + "/saml/slo", idp_cert: SETTINGS["cert"],
      single_logout_service_url: SETTINGS["site"] + "/auth/saml/slo",
      name_identifier_format: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
      attribute_statements: { name: %w[name displayName], email: %w[email mail] }, # as the guide tells Discourse
      security: { want_assertions_signed: true } }]
  else
    [discourse, SETTINGS["id"], SETTINGS["secret"], { **PATHS, name: "oidc", scope: SETTINGS["scope"], pkce: true,
      client_options: { site: SETTINGS["issuer"], authorize_url: "/authorize", token_url: "/token", auth_scheme: :basic_auth } }]
  end
end

who = party
app = Rack::Builder.new do
  use(*who)
  run(lambda do |env|
    auth = env["omniauth.auth"] or next [200, {}, ["<p>Nobody is in.</p>"]]
    [200, {}, ["<p>You are in.</p><p id=\"uid\">#{auth["uid"]}</p>",
      *auth["info"].map { |name, value| "<p id=\"#{name}\">#{value}</p>" }]]
  end)
end.to_app

session = {}
TEST.puts JSON.generate({ step: "listening" })
$stdin.each_line do |line|
  asked = JSON.parse(line)
  env = Rack::MockRequest.env_for(SETTINGS["site"] + asked["uri"], method: asked["method"], input: asked["body"],
    "CONTENT_TYPE" => "application/x-www-form-urlencoded", "rack.session" => session)
  status, headers, body = app.call(env)
  TEST.puts JSON.generate({ step: "answered", status: status, to: headers["Location"], body: body.each.to_a.join })
end
