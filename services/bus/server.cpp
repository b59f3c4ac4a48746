#include "bus/server.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "messages/codec.hpp"
#include "messages/envelope.codec.hpp"
#include "runtime/log.hpp"

namespace bridgework::bus {

using messages::Fetch;
using messages::FetchOutcome;
using messages::FetchReply;
using namespace std::chrono_literals;

namespace {

// After the last event of a burst the beacon follows at once: at the tail nothing else shows what a subscriber lost.
constexpr auto kBeaconAfterLastEvent = 20ms;
// So that neither sockets nor news wait for the other under load.
constexpr std::size_t kFetchesPerTurn = 256;

DeskLimits limits_of(const Config& config) {
  DeskLimits limits;
  limits.ring_events_max = static_cast<std::size_t>(std::max<std::int64_t>(config.ring_events, 1));
  limits.ring_bytes_max = static_cast<std::size_t>(std::max<std::int64_t>(config.ring_bytes, 1));
  limits.parked_max = static_cast<std::size_t>(std::max<std::int64_t>(config.parked_calls, 0));
  return limits;
}

}  // namespace

/// What Prometheus sees. The parts count for themselves, in plain numbers; here the differences are added up once a second.
struct Server::Meters {
  explicit Meters(runtime::Metrics& metrics)
      : head(metrics.gauge("bridgework_bus_head_sequence", "Sequence of the last event read from the log")),
        ring_events(metrics.gauge("bridgework_bus_ring_events", "Events held in memory")),
        ring_bytes(metrics.gauge("bridgework_bus_ring_bytes", "Bytes of the events held in memory")),
        parked(metrics.gauge("bridgework_bus_parked_calls", "Calls waiting for the next event")),
        reading(metrics.gauge("bridgework_bus_reading", "1 while the log is being read")),
        prefixes(metrics.gauge("bridgework_bus_live_prefixes", "Topic prefixes somebody listens to")),
        fetches(metrics.counter("bridgework_bus_fetches_total", "Calls of Fetch")),
        from_ring(metrics.counter("bridgework_bus_fetches_from_ring_total", "Calls served from memory")),
        from_store(metrics.counter("bridgework_bus_fetches_from_store_total", "Calls that had to ask Redis")),
        events(metrics.counter("bridgework_bus_events_sent_total", "Events sent in answers")),
        not_parked(metrics.counter("bridgework_bus_not_parked_total", "Calls answered at once because too many wait")),
        replaced(metrics.counter("bridgework_bus_replaced_total", "Waiting calls dropped for a later one of the same caller")),
        truncated(metrics.counter("bridgework_bus_truncated_total", "Answers: the log begins later")),
        diverged(metrics.counter("bridgework_bus_diverged_total", "Answers: the caller saw what this log does not have")),
        unavailable(metrics.counter("bridgework_bus_unavailable_total", "Answers: the log cannot be read now")),
        gaps(metrics.counter("bridgework_bus_gaps_total", "Holes found in the sequence of the log")),
        seen_before(metrics.counter("bridgework_bus_seen_before_total", "Events read a second time and ignored")),
        unreadable(metrics.counter("bridgework_bus_unreadable_records_total", "Records in the log that are no EventRecord")),
        incarnations(metrics.counter("bridgework_bus_incarnations_total", "Incarnations of the log seen to begin, the first included")),
        malformed(metrics.counter("bridgework_bus_malformed_frames_total", "Calls that were no Fetch")),
        not_admitted(metrics.counter("bridgework_not_admitted_total", "Messages dropped because their sender's key was taken back.",
                                     {{"grant", "fetch"}})),
        answers_lost(metrics.counter("bridgework_bus_answers_lost_total", "Answers whose caller was gone")),
        answers_refused(metrics.counter("bridgework_bus_answers_refused_total", "Answers dropped because the caller's queue was full")),
        lookups_refused(metrics.counter("bridgework_bus_lookups_refused_total", "Calls turned away because too many wait for Redis")),
        reader_lost(metrics.counter("bridgework_bus_reader_lost_total", "Times the log could not be read")),
        published(metrics.counter("bridgework_bus_live_published_total", "Events sent on Live")),
        beacons(metrics.counter("bridgework_bus_live_beacons_total", "Beacons sent on Live")),
        live_unreadable(metrics.counter("bridgework_bus_live_unreadable_total", "Events kept off Live: unknown type or not decodable")),
        live_unsent(metrics.counter("bridgework_bus_live_unsent_total", "Messages Live could not send")),
        archived(metrics.counter("bridgework_bus_archived_total", "Events sealed into the archive")),
        trimmed(metrics.counter("bridgework_bus_trimmed_total", "Entries of its stream, of one commit each, that Redis was let forget")),
        set_aside(metrics.counter("bridgework_bus_segments_set_aside_total", "Archive segments with events that the log has lost")),
        archive_last(metrics.gauge("bridgework_bus_archive_last_sequence", "Sequence of the last archived event")),
        held_at(metrics.gauge("bridgework_bus_trim_held_at_sequence", "Lowest checkpoint of any service: trimming stays below it")) {}

  runtime::Gauge head, ring_events, ring_bytes, parked, reading, prefixes;
  runtime::Counter fetches, from_ring, from_store, events, not_parked, replaced, truncated, diverged, unavailable, gaps, seen_before,
      unreadable, incarnations, malformed, not_admitted, answers_lost, answers_refused, lookups_refused, reader_lost, published, beacons,
      live_unreadable, live_unsent, archived, trimmed, set_aside;
  runtime::Gauge archive_last, held_at;

  FetchDesk::Counts desk_before;
  Live::Counts live_before;
  std::uint64_t router_malformed_before = 0, not_admitted_before = 0;
  FetchDesk::Time due{};
  bool head_changed = false;
};

tl::expected<std::unique_ptr<Server>, std::string> Server::start(runtime::Context& context, const Place& place, const Config& config,
                                                                 runtime::Metrics& metrics) {
  const runtime::Credentials none;
  const runtime::Credentials& credentials = place.credentials == nullptr ? none : *place.credentials;
  auto fetch = runtime::Router::bind(context, place.fetch_endpoint, credentials.serving(runtime::Grant::kFetch));
  if (!fetch) return tl::unexpected(std::move(fetch.error().what));
  std::optional<Live> live;
  if (config.pseudonym_key.empty()) {
    log_event(runtime::Level::kWarning, "live_is_off_without_a_pseudonym_key");
  } else {
    if (config.pseudonym_key.size() < 16) return tl::unexpected(std::string("pseudonym_key is shorter than 16 bytes"));
    runtime::SocketOptions options;
    options.queue_messages_max = static_cast<int>(std::clamp<std::int64_t>(config.live_queue_messages, 1, 1'000'000));
    auto publisher = runtime::Publisher::bind(context, place.live_endpoint, credentials.serving(runtime::Grant::kLive, options));
    if (!publisher) return tl::unexpected(std::move(publisher.error().what));
    live.emplace(std::move(*publisher), Pseudonyms(config.pseudonym_key, place.group));
  }
  return std::unique_ptr<Server>(new Server(std::move(*fetch), std::move(live), place, config, metrics));
}

Server::Server(runtime::Router fetch, std::optional<Live> live, const Place& place, const Config& config, runtime::Metrics& metrics)
    : config_(config),
      fetch_(std::move(fetch)),
      live_(std::move(live)),
      gatekeeper_(place.credentials == nullptr ? nullptr : place.credentials->gatekeeper()),
      desk_(limits_of(config)),
      meters_(std::make_unique<Meters>(metrics)),
      news_(limits_of(config).ring_bytes_max, &wakeup_) {
  const auto archive = place.archive.empty() ? nullptr : std::make_shared<Archive>(place.archive);
  lookups_ = std::make_unique<LogLookups>(LogStore(place.redis, place.group, archive),
                                          static_cast<std::size_t>(std::max<std::int64_t>(config.lookups_waiting, 1)), wakeup_);
  reader_ = std::make_unique<LogReader>(LogStore(place.redis, place.group, archive), news_);
  if (!archive) return;
  ArchiveLimits limits;
  limits.segment_events = static_cast<std::uint64_t>(std::max<std::int64_t>(config.archive_segment_events, 1));
  limits.segment_age = config.archive_segment_age;
  limits.keep = config.archive_keep;
  archiver_ = std::make_unique<Archiver>(LogStore(place.redis, place.group, archive), archive, place.services, limits,
                                         std::max(config.archive_every, std::chrono::milliseconds(10)), [this](const ArchiveRound& round) {
                                           meters_->archived.add(static_cast<double>(round.sealed));
                                           meters_->trimmed.add(static_cast<double>(round.trimmed));
                                           meters_->set_aside.add(static_cast<double>(round.set_aside));
                                           meters_->archive_last.set(static_cast<double>(round.last));
                                           meters_->held_at.set(static_cast<double>(round.held_at));
                                         });
}

Server::~Server() = default;

void Server::take_news(FetchDesk::Time now) {
  for (LogNews& news : news_.take_all()) {
    if (auto* grown = std::get_if<LogGrown>(&news)) {
      if (live_ && live_->prefixes() > 0) to_publish_.insert(to_publish_.end(), grown->entries.begin(), grown->entries.end());
      desk_.appended(std::move(grown->entries));
      meters_->head_changed = true;
      if (live_) beacon_due_ = std::min(beacon_due_, now + kBeaconAfterLastEvent);
    } else if (auto* opened = std::get_if<LogOpened>(&news)) {
      const bool another = opened->bounds.incarnation != desk_.bounds().incarnation;
      said_lost_ = false;
      if (another || !desk_.reading())
        log_event(runtime::Level::kInfo, "log_opened", {{"incarnation", opened->bounds.incarnation}, {"head", opened->bounds.head}});
      desk_.opened(opened->bounds, now);
      if (another) beacon_due_ = now;
    } else if (auto* lost = std::get_if<LogLost>(&news)) {
      meters_->reader_lost.add();
      if (!said_lost_) log_event(runtime::Level::kWarning, "log_lost", {{"why", lost->why}});
      said_lost_ = true;
      desk_.lost();
    }
    reading_ = desk_.reading();
  }
}

void Server::take_lookups(FetchDesk::Time now) {
  for (LogLookups::Result& result : lookups_->take()) {
    if (!result.found) log_event(runtime::Level::kDebug, "log_lookup_failed", {{"why", result.fault}});
    desk_.looked_up(std::move(result.lookup), result.found, now);
  }
}

/// Whoever may read certain events only must ask for those: what it is not shown it must not believe to be the whole log.
bool Server::may_read(const runtime::Received& received, const Fetch& fetch) const {
  static constexpr std::uint64_t kEverything = 0;
  if (fetch.types.empty()) return fetch_.may(received, kEverything);
  return std::ranges::all_of(fetch.types, [&](std::uint64_t type) { return fetch_.may(received, type); });
}

void Server::take_fetches(FetchDesk::Time now) {
  for (std::size_t n = 0; n < kFetchesPerTurn; ++n) {
    auto received = fetch_.receive();
    if (!received) return;
    auto fetch = messages::decode_as<Fetch>(received->bytes);
    if (fetch && may_read(*received, *fetch)) {
      desk_.asked(received->identity, std::move(*fetch), now);
      continue;
    }
    meters_->malformed.add();
    FetchReply reply;
    if (fetch) reply.correlation = fetch->correlation;
    reply.outcome = FetchOutcome::kMalformed;
    if (fetch_.send(received->identity, encode(reply)) != runtime::SendOutcome::kSent) meters_->answers_lost.add();
  }
  wakeup_.wake();
}

void Server::send_answers() {
  for (FetchDesk::Lookup& lookup : desk_.take_lookups()) {
    if (lookups_->ask(lookup)) continue;
    meters_->lookups_refused.add();
    desk_.looked_up(std::move(lookup), std::nullopt, {});
  }
  for (const FetchDesk::Answer& answer : desk_.take_answers()) {
    switch (fetch_.send(answer.identity, encode(answer.reply))) {
      case runtime::SendOutcome::kSent: break;
      // The caller asks again when its time is up; a Fetch is the same however often it is answered.
      case runtime::SendOutcome::kGone: meters_->answers_lost.add(); break;
      case runtime::SendOutcome::kFull: meters_->answers_refused.add(); break;
    }
  }
}

void Server::publish(FetchDesk::Time now) {
  if (!live_) return;
  if (live_->read_subscriptions()) beacon_due_ = now;
  for (const LogEntry& entry : to_publish_) live_->publish(desk_.bounds().incarnation, entry);
  to_publish_.clear();
  if (now < beacon_due_ || desk_.bounds().incarnation.empty()) return;
  live_->publish_beacon(desk_.bounds());
  beacon_due_ = now + config_.beacon_every;
}

void Server::publish_meters() {
  Meters& m = *meters_;
  const FetchDesk::Counts& now = desk_.counts();
  const FetchDesk::Counts& before = m.desk_before;
  const auto add = [](runtime::Counter& counter, std::uint64_t value, std::uint64_t earlier) {
    if (value != earlier) counter.add(static_cast<double>(value - earlier));
  };
  add(m.fetches, now.fetches, before.fetches);
  add(m.from_ring, now.from_ring, before.from_ring);
  add(m.from_store, now.from_store, before.from_store);
  add(m.events, now.events, before.events);
  add(m.not_parked, now.not_parked, before.not_parked);
  add(m.replaced, now.replaced, before.replaced);
  add(m.truncated, now.truncated, before.truncated);
  add(m.diverged, now.diverged, before.diverged);
  add(m.unavailable, now.unavailable, before.unavailable);
  add(m.gaps, now.gaps, before.gaps);
  add(m.seen_before, now.seen_before, before.seen_before);
  add(m.unreadable, now.unreadable, before.unreadable);
  add(m.incarnations, now.incarnations, before.incarnations);
  if (now.gaps != before.gaps) log_event(runtime::Level::kError, "log_has_a_gap", {{"head", desk_.bounds().head}});
  if (now.unreadable != before.unreadable) log_event(runtime::Level::kError, "log_record_unreadable", {{"head", desk_.bounds().head}});
  if (now.diverged != before.diverged) log_event(runtime::Level::kWarning, "callers_diverged", {{"count", now.diverged - before.diverged}});
  m.desk_before = now;
  add(m.malformed, fetch_.malformed_count(), m.router_malformed_before);
  m.router_malformed_before = fetch_.malformed_count();
  add(m.not_admitted, fetch_.not_admitted_count(), m.not_admitted_before);
  m.not_admitted_before = fetch_.not_admitted_count();
  m.head.set(static_cast<double>(desk_.bounds().head));
  m.ring_events.set(static_cast<double>(desk_.ring().size()));
  m.ring_bytes.set(static_cast<double>(desk_.ring().bytes()));
  m.parked.set(static_cast<double>(desk_.parked()));
  m.reading.set(desk_.reading() ? 1 : 0);
  if (live_) {
    const Live::Counts& counts = live_->counts();
    add(m.published, counts.published, m.live_before.published);
    add(m.beacons, counts.beacons, m.live_before.beacons);
    add(m.live_unreadable, counts.unreadable, m.live_before.unreadable);
    add(m.live_unsent, counts.unsent, m.live_before.unsent);
    m.live_before = counts;
    m.prefixes.set(static_cast<double>(live_->prefixes()));
  }
}

std::chrono::milliseconds Server::idle_for(FetchDesk::Time now) const {
  FetchDesk::Time next = meters_->due;
  if (live_) next = std::min(next, beacon_due_);
  if (const auto deadline = desk_.next_deadline()) next = std::min(next, *deadline);
  return std::clamp(std::chrono::ceil<std::chrono::milliseconds>(next - now), 0ms, 1000ms);
}

bool Server::cut_links() {
  if (gatekeeper_ == nullptr || gatekeeper_->revocations() == revocations_seen_) return true;
  revocations_seen_ = gatekeeper_->revocations();
  auto cut = fetch_.cut();
  if (cut && live_) cut = live_->cut();
  if (cut) return true;
  log_event(runtime::Level::kError, "links_not_restored", {{"what", cut.error().what}});
  return false;
}

void Server::run(int stop) {
  for (;;) {
    if (!cut_links()) break;
    FetchDesk::Time now = std::chrono::steady_clock::now();
    wakeup_.clear();
    // Callers first: Live costs an encoding per event and has no promise of speed.
    take_news(now);
    take_lookups(now);
    take_fetches(now);
    desk_.expire(now);
    send_answers();
    publish(now);
    if (now >= meters_->due) {
      publish_meters();
      meters_->due = now + 1s;
    }
    runtime::Watch watches[4];
    watches[0].descriptor = stop;
    watches[1].descriptor = wakeup_.descriptor();
    watches[2].socket = &fetch_;
    if (live_) watches[3].socket = &live_->socket();
    now = std::chrono::steady_clock::now();
    runtime::wait(watches, idle_for(now));
    if (watches[0].ready) break;
  }
  publish_meters();
}

}  // namespace bridgework::bus
