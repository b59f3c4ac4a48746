#include "runtime/zap.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include <zmq.h>

#include "runtime/log.hpp"
#include "runtime/text_file.hpp"

namespace bridgework::runtime {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr char kEndpoint[] = "inproc://zeromq.zap.01";
constexpr std::string_view kVersion = "1.0";
constexpr std::string_view kMechanism = "CURVE";
constexpr std::string_view kKeyProperty = "Bridgework-Key";
constexpr std::string_view kItself = "itself";
constexpr std::size_t kCurveFrames = 7;
constexpr std::size_t kKeyBytes = 32;
// libzmq sends eight; more is nobody we know.
constexpr std::size_t kFramesMax = 16;
constexpr auto kLookAtList = 1000ms;
constexpr auto kSelfTestWithin = 3000ms;

std::optional<Grant> grant_of(std::string_view domain) {
  if (domain == to_string(Grant::kSelfTest)) return Grant::kSelfTest;
  for (const Grant grant : kGrantsOfLists)
    if (to_string(grant) == domain) return grant;
  return std::nullopt;
}

std::string text_of_key(std::string_view bytes) {
  std::array<char, 41> text{};
  zmq_z85_encode(text.data(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  return text.data();
}

/// One property as ZMTP writes it: a byte of length and the name, four bytes of length and the value.
std::string property(std::string_view name, std::string_view value) {
  std::string out(1, static_cast<char>(name.size()));
  out += name;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((value.size() >> shift) & 0xff);
  out += value;
  return out;
}

/// The parts of one message; nothing when there is none.
std::optional<std::vector<std::string>> receive_frames(void* socket) {
  std::vector<std::string> frames;
  for (bool more = true; more;) {
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    int received = -1;
    do received = zmq_msg_recv(&frame, socket, ZMQ_DONTWAIT);
    while (received < 0 && zmq_errno() == EINTR);
    if (received < 0) {
      zmq_msg_close(&frame);
      return std::nullopt;
    }
    // Parts beyond the bound only make the message malformed.
    if (frames.size() <= kFramesMax) frames.emplace_back(static_cast<const char*>(zmq_msg_data(&frame)), zmq_msg_size(&frame));
    more = zmq_msg_more(&frame) == 1;
    zmq_msg_close(&frame);
  }
  return frames;
}

void send_frames(void* socket, std::span<const std::string> frames) {
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const int flags = i + 1 < frames.size() ? ZMQ_SNDMORE : 0;
    while (zmq_send(socket, frames[i].data(), frames[i].size(), flags) < 0 && zmq_errno() == EINTR) {
    }
  }
}

Counter handshakes(Metrics& metrics, const char* outcome) {
  return metrics.counter("bridgework_gate_handshakes_total", "Who came to a socket on TCP, by what became of it; the self-test counts too.",
                         {{"outcome", outcome}});
}

Counter lists(Metrics& metrics, const char* outcome) {
  return metrics.counter("bridgework_gate_lists_total",
                         "Lists of principals that replaced the one before, and those that could not be read.", {{"outcome", outcome}});
}

}  // namespace

std::variant<ZapRequest, std::string> read_zap_request(std::span<const std::string> frames) {
  // version, request id, domain, address, identity, mechanism, credentials…
  if (frames.size() < 2) return std::string();
  const std::string& id = frames[1];
  if (frames.size() != kCurveFrames || frames[0] != kVersion || frames[5] != kMechanism || frames[6].size() != kKeyBytes) return id;
  return ZapRequest{id, frames[2], text_of_key(frames[6])};
}

Gatekeeper::Gatekeeper(void* socket, CurveKeys self_test, std::string list, Principals principals, Metrics& metrics)
    : socket_(socket),
      self_test_(std::move(self_test)),
      list_(std::move(list)),
      principals_(std::make_shared<const Principals>(std::move(principals))),
      admitted_(handshakes(metrics, "admitted")),
      refused_(handshakes(metrics, "refused")),
      malformed_(handshakes(metrics, "malformed")),
      lists_read_(lists(metrics, "read")),
      lists_refused_(lists(metrics, "refused")) {}

tl::expected<std::unique_ptr<Gatekeeper>, std::string> Gatekeeper::start(Context& context, const CurveKeys& keys, const std::string& list,
                                                                         Metrics& metrics) {
  // Seen before it is read, so that a change in between is read again.
  const std::string seen = state_of_file(list);
  auto principals = Principals::read(list);
  if (!principals) return tl::unexpected(std::move(principals.error()));
  void* const socket = zmq_socket(context.handle(), ZMQ_REP);
  const int none = 0;
  if (socket == nullptr || zmq_setsockopt(socket, ZMQ_LINGER, &none, sizeof none) != 0 || zmq_bind(socket, kEndpoint) != 0) {
    const std::string why = zmq_strerror(zmq_errno());
    if (socket != nullptr) zmq_close(socket);
    return tl::unexpected("cannot answer at " + std::string(kEndpoint) + ": " + why);
  }
  std::unique_ptr<Gatekeeper> keeper(new Gatekeeper(socket, make_curve_keys(), list, std::move(*principals), metrics));
  keeper->list_seen_ = seen;
  // The socket is handed over whole: this thread does not touch it again until the other has ended.
  keeper->thread_ = std::jthread([raw = keeper.get()](const std::stop_token& stop) { raw->run(stop); });
  if (auto tried = keeper->try_itself(context, keys); !tried) return tl::unexpected(std::move(tried.error()));
  return keeper;
}

Gatekeeper::~Gatekeeper() {
  thread_.request_stop();
  wakeup_.wake();
  if (thread_.joinable()) thread_.join();
  zmq_close(socket_);
}

tl::expected<void, std::string> Gatekeeper::try_itself(Context& context, const CurveKeys& keys) {
  return try_gate(context, keys, *this, self_test_, kItself, kSelfTestWithin);
}

std::optional<std::string> Gatekeeper::admitted(std::string_view public_key, Grant grant) const {
  if (grant == Grant::kSelfTest) return public_key == self_test_.public_key ? std::optional<std::string>(kItself) : std::nullopt;
  return list()->admitted(public_key, grant);
}

bool Gatekeeper::may(std::string_view public_key, Grant grant, std::uint64_t type_id) const {
  return list()->may(public_key, grant, type_id);
}

std::shared_ptr<const Principals> Gatekeeper::list() const {
  const std::scoped_lock lock(mutex_);
  return principals_;
}

void Gatekeeper::run(const std::stop_token& stop) {
  auto look = std::chrono::steady_clock::now() + kLookAtList;
  while (!stop.stop_requested()) {
    zmq_pollitem_t items[] = {{socket_, 0, ZMQ_POLLIN, 0}, {nullptr, wakeup_.descriptor(), ZMQ_POLLIN, 0}};
    const auto left = std::chrono::ceil<milliseconds>(look - std::chrono::steady_clock::now());
    zmq_poll(items, 2, std::clamp<long>(left.count(), 0, kLookAtList.count()));
    answer();
    if (std::chrono::steady_clock::now() < look) continue;
    look_at_list();
    look = std::chrono::steady_clock::now() + kLookAtList;
  }
}

void Gatekeeper::answer() {
  while (const auto frames = receive_frames(socket_)) {
    const auto request = read_zap_request(*frames);
    std::array<std::string, 6> reply = {std::string(kVersion), {}, "400", "not known here", {}, {}};
    if (const auto* id = std::get_if<std::string>(&request)) {
      malformed_.add();
      reply[1] = *id;
      reply[2] = "500";
      reply[3] = "no request of CURVE";
      send_frames(socket_, reply);
      continue;
    }
    const auto& asked = std::get<ZapRequest>(request);
    reply[1] = asked.request_id;
    const auto grant = grant_of(asked.domain);
    if (const auto principal = grant ? admitted(asked.public_key, *grant) : std::nullopt) {
      admitted_.add();
      reply[2] = "200";
      reply[3] = "welcome";
      reply[4] = *principal;
      reply[5] = property(kKeyProperty, asked.public_key);
    } else {
      refused_.add();
      // A public key is no secret, and without it nobody could tell who knocks.
      if (grant != Grant::kSelfTest) {
        log_event(Level::kWarning, "key_not_admitted", {{"key", asked.public_key}, {"domain", asked.domain}});
      }
    }
    send_frames(socket_, reply);
  }
}

void Gatekeeper::look_at_list() {
  const std::string seen = state_of_file(list_);
  if (seen == list_seen_) return;
  list_seen_ = seen;
  auto read = Principals::read(list_);
  if (!read) {
    lists_refused_.add();
    log_event(Level::kError, "principals_not_read", {{"why", read.error()}});
    return;
  }
  auto principals = std::make_shared<const Principals>(std::move(*read));
  bool taken_away = false;
  {
    const std::scoped_lock lock(mutex_);
    taken_away = !principals->keeps_all_of(*principals_);
    principals_ = std::move(principals);
  }
  if (taken_away) ++revocations_;
  lists_read_.add();
  log_event(Level::kInfo, "principals_read", {{"keys", principals_->keys()}, {"taken_away", taken_away}});
}

tl::expected<void, std::string> try_gate(Context& context, const CurveKeys& server, const Gate& gate, const CurveKeys& known,
                                         std::string_view principal, milliseconds limit) {
  const auto fail = [](const std::string& why) { return tl::unexpected("the self-test of CURVE: " + why); };
  SocketOptions serving;
  serving.keys = server;
  serving.gate = &gate;
  serving.grant = Grant::kSelfTest;
  auto router = Router::bind(context, "tcp://127.0.0.1:*", serving);
  if (!router) return fail(router.error().what);
  // The server tells what became of a handshake, and it is listened to before anybody knocks: a stranger turned away at once is seen too.
  std::unique_ptr<void, int (*)(void*)> events(zmq_socket(context.handle(), ZMQ_PAIR), [](void* socket) { return zmq_close(socket); });
  const std::string place = "inproc://curve-self-test";
  if (!events || zmq_socket_monitor(router->handle(), place.c_str(), ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) != 0 ||
      zmq_connect(events.get(), place.c_str()) != 0) {
    return fail("nobody tells what becomes of a handshake: " + std::string(zmq_strerror(errno)));
  }
  const auto dealer_with = [&](const CurveKeys& keys) {
    SocketOptions asking;
    asking.keys = keys;
    return Dealer::connect(context, router->endpoint(), asking);
  };
  auto stranger = dealer_with(make_curve_keys());
  if (!stranger) return fail(stranger.error().what);

  // Turned away, and not only late: the stranger's handshake has failed before the known one is tried.
  const auto end = std::chrono::steady_clock::now() + limit;
  bool turned_away = false, let_in = false;
  while (!turned_away && !let_in && std::chrono::steady_clock::now() < end) {
    zmq_pollitem_t item{events.get(), 0, ZMQ_POLLIN, 0};
    zmq_poll(&item, 1, 5);
    turned_away = receive_frames(events.get()).has_value();
    let_in = stranger->writable();
  }
  zmq_socket_monitor(router->handle(), nullptr, 0);
  events.reset();
  if (let_in || stranger->writable()) return fail("a key that nobody knows was let in");
  if (!turned_away) return fail("a key that nobody knows was not turned away in time");

  auto friendly = dealer_with(known);
  if (!friendly) return fail(friendly.error().what);
  bool sent = false;
  while (std::chrono::steady_clock::now() < end) {
    Watch watches[] = {{.socket = &*friendly, .for_space = !sent}, {.socket = &*router}};
    wait(watches, 50ms);
    if (!sent) sent = friendly->send("it is me") == SendOutcome::kSent;
    if (const auto received = router->receive()) {
      if (received->user != principal) return fail("somebody came in under another name");
      return {};
    }
  }
  return fail("a known key was not let in");
}

tl::expected<Credentials, std::string> Credentials::open(Context& context, const ProcessSettings& settings, Metrics& metrics) {
  Credentials credentials;
  if (settings.curve_key.empty()) {
    if (!settings.principals.empty()) return tl::unexpected(std::string("principals needs curve_key: the key of this process"));
    return credentials;
  }
  auto keys = read_curve_keys(settings.curve_key);
  if (!keys) return tl::unexpected(std::move(keys.error()));
  credentials.keys_ = std::move(*keys);
  if (settings.principals.empty()) return credentials;
  auto gatekeeper = Gatekeeper::start(context, *credentials.keys_, settings.principals, metrics);
  if (!gatekeeper) return tl::unexpected(std::move(gatekeeper.error()));
  credentials.gatekeeper_ = std::move(*gatekeeper);
  return credentials;
}

SocketOptions Credentials::serving(Grant grant, SocketOptions base) const {
  base.keys = keys_;
  base.gate = gatekeeper_.get();
  base.grant = grant;
  return base;
}

SocketOptions Credentials::asking(SocketOptions base) const {
  base.keys = keys_;
  return base;
}

tl::expected<std::pair<std::string, std::string>, std::string> endpoint_pair(const std::string& endpoint) {
  constexpr std::string_view kTcp = "tcp://";
  const auto refuse = [&] { return tl::unexpected(endpoint + " is neither tcp://ADDRESS nor tcp://ADDRESS:PORT"); };
  if (!endpoint.starts_with(kTcp)) return refuse();
  const std::string_view place = std::string_view(endpoint).substr(kTcp.size());
  // An IPv6 address has colons of its own, in brackets.
  const std::size_t bracket = place.starts_with('[') ? place.find(']') : 0;
  const std::size_t colon = bracket == std::string_view::npos ? bracket : place.find(':', bracket);
  const std::string_view address = place.substr(0, colon);
  // Told to others as it stands, so it must be one that they can reach.
  if (bracket == std::string_view::npos || address.empty() || address == "*" || address == "0.0.0.0" || address == "[::]") return refuse();
  const std::string base = std::string(kTcp) + std::string(address) + ":";
  if (colon == std::string_view::npos) return std::pair{base + "*", base + "*"};
  const std::string_view digits = place.substr(colon + 1);
  unsigned port = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (read.ec != std::errc{} || read.ptr != digits.data() + digits.size() || port == 0 || port > 65534) return refuse();
  return std::pair{base + std::to_string(port), base + std::to_string(port + 1)};
}

std::vector<std::string> endpoint_list(std::string_view text) {
  std::vector<std::string> endpoints;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    std::string one(text.substr(0, end));
    std::erase(one, ' ');
    if (!one.empty()) endpoints.push_back(std::move(one));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return endpoints;
}

}  // namespace bridgework::runtime
