# SPDX-License-Identifier: AGPL-3.0-or-later
#
# A relying party on omniauth-oauth2, as Ruby applications are. It reads its
# settings as JSON from the first line, writes the address that it sends the
# browser to, reads the one that the browser came back to, and writes whom it
# knows then, or the error, as JSON.

require "json"
require "omniauth-oauth2"
require "rack/mock"

SETTINGS = JSON.parse($stdin.gets)
$stdout.sync = true
OmniAuth.config.logger = Logger.new($stderr, level: Logger::FATAL)
OmniAuth.config.request_validation_phase = nil
OmniAuth.config.on_failure = proc { |env| [500, {}, [env["omniauth.error.type"].to_s]] }

class Bridge < OmniAuth::Strategies::OAuth2
  option :name, "bridge"
  option :client_options, {
    site: SETTINGS["site"],
    authorize_url: SETTINGS["authorize"],
    token_url: SETTINGS["token"],
    auth_scheme: :request_body,
  }
  uid { raw_info["phid"] || raw_info["id"].to_s }
  info { { "name" => raw_info["realName"] || raw_info["name"], "email" => raw_info["primaryEmail"] || raw_info["email"] } }

  def callback_url = SETTINGS["callback"]

  # Asked for several times, and good for one answer.
  def raw_info = @raw_info ||= ask

  def ask
    access_token.options[:mode] = SETTINGS["query"] ? :query : :header
    access_token.options[:param_name] = "access_token"
    answer = access_token.get(SETTINGS["who"]).parsed
    answer["result"] || answer
  end
end

app = Rack::Builder.new do
  use Bridge, SETTINGS["id"], SETTINGS["secret"]
  run ->(env) { [200, {}, [JSON.generate(env["omniauth.auth"].slice("uid", "info"))]] }
end.to_app

session = {}
_, headers, = app.call(Rack::MockRequest.env_for("/auth/bridge", method: "POST", "rack.session" => session))
puts headers["Location"]

back = $stdin.gets.chomp
status, _, body = app.call(Rack::MockRequest.env_for("/auth/bridge/callback?#{back}", "rack.session" => session))
puts JSON.generate({ "status" => status, "said" => body.each.to_a.join })
