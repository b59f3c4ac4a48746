#include "appointments/find_openings.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "appointments/calendar.hpp"
#include "appointments/tight_days.hpp"
#include "runtime/zone.hpp"

namespace bridgework::appointments {
namespace {

using messages::Slot;

constexpr int kGridMinutes = 5;
/// How many days of one site are read at once: most searches end within the first week or two.
constexpr std::size_t kDaysPerRead = 14;
/// Days that begin so close to each other are read together: those of several sites.
constexpr std::chrono::hours kReadTogether{6};
/// And at most so many, which bounds what one round trip brings.
constexpr std::size_t kDaysPerReadMax = 512;

Answered no(Refusal code, std::string detail) { return tl::unexpected(runtime::Refused<Refusal>{code, std::move(detail)}); }

/// Rounded up to the grid.
int on_grid(int minutes) { return (minutes + kGridMinutes - 1) / kGridMinutes * kGridMinutes; }

/// The order in which openings are told.
auto place_of(const Slot& slot) { return std::tie(slot.start, slot.site, slot.provider); }
bool earlier(const Slot& a, const Slot& b) { return place_of(a) < place_of(b); }

/// The first openings seen so far, at most as many as were asked for, and the bound beyond which none is of interest.
class Found {
 public:
  explicit Found(const messages::FindOpenings& query)
      : limit_(query.limit),
        from_(query.after ? std::optional(std::tuple(*query.after, query.after_site, query.after_provider)) : std::nullopt) {}

  void add(Slot slot) {
    if (from_ && std::tie(slot.start, slot.site.text(), slot.provider.text()) <= *from_) return;
    slots_.push_back(std::move(slot));
    std::ranges::push_heap(slots_, earlier);
    if (slots_.size() <= limit_) return;
    std::ranges::pop_heap(slots_, earlier);
    slots_.pop_back();
  }
  /// Whether something that begins then is too late to be among the first.
  bool too_late(Instant start) const { return slots_.size() == limit_ && slots_.front().start < start; }
  /// Whether something that begins then was on a page before.
  bool too_early(Instant start) const { return from_ && start < std::get<0>(*from_); }

  std::vector<Slot> sorted() && {
    std::ranges::sort_heap(slots_, earlier);
    return std::move(slots_);
  }

 private:
  std::size_t limit_;
  std::optional<std::tuple<Instant, std::string, std::string>> from_;  ///< where the page before ended
  std::vector<Slot> slots_;                                            ///< a heap, the last on top
};

/// One site that is searched, and how far.
struct Searched {
  SiteId id;
  SiteRecord record;
  const VisitTypeEntry* type;
  std::vector<TightDay> tight;
  LocalDay next, end;
};

/// A day that may hold an opening, and the earliest instant at which it may.
struct Candidate {
  std::size_t site;
  LocalDay day;
  Instant earliest;
};

/// Which days and minutes somebody can come.
struct DayPart {
  std::array<bool, 8> weekdays{};  ///< by ISO number
  int from_minute, until_minute;   ///< in which the visit begins and ends
};

/// When a wall clock shows a minute of a day. Computed once where the day has 24 hours; elsewhere asked for each.
class DayClock {
 public:
  DayClock(LocalDay day, const std::string& zone)
      : day_(day),
        zone_(zone),
        midnight_(runtime::day_start(day, zone)),
        next_midnight_(runtime::day_start(day + std::chrono::days(1), zone)),
        plain_(next_midnight_ - midnight_ == std::chrono::hours(24)) {}

  std::optional<Instant> at(int minute) const {
    if (plain_) return midnight_ + std::chrono::minutes(minute);
    const auto instant = runtime::to_instant(local(minute), zone_);
    return instant ? std::optional(*instant) : std::nullopt;
  }
  LocalTime local(int minute) const { return LocalTime{day_.time_since_epoch() + std::chrono::minutes(minute)}; }
  bool holds(const Span& span) const { return midnight_ <= span.start && span.until <= next_midnight_; }
  /// The first minute that is not before that instant, or `minute` where that cannot be told at once.
  int minute_from(Instant instant, int minute) const {
    if (!plain_) return minute;
    return std::max(minute, static_cast<int>(std::chrono::ceil<std::chrono::minutes>(instant - midnight_).count()));
  }

 private:
  LocalDay day_;
  const std::string& zone_;
  Instant midnight_, next_midnight_;
  bool plain_;
};

/// No time before the one returned is free for the provider, a chair and the equipment, given that `span` is not: what stands in its way
/// ends then.
Instant free_not_before(const SiteRecord& site, const DayRecord& book, const ProviderId& provider, const Span& span, Instant now) {
  using messages::ExceptionSubject;
  std::optional<Instant> provider_free, any_free;
  for (const Taken& taken : book.taken) {
    if (!overlap(taken, span) || !still_counts(taken, now)) continue;
    if (taken.provider == provider) provider_free = std::max(provider_free.value_or(taken.until), taken.until);
    any_free = std::min(any_free.value_or(taken.until), taken.until);
  }
  if (provider_free) return *provider_free;
  // What is out of order may be in order again before anything that is taken ends.
  const bool any_out =
      std::ranges::any_of(site.chairs,
                          [&](const auto& entry) { return !is_usable(site, ExceptionSubject::kChair, entry.chair.text(), span); }) ||
      std::ranges::any_of(site.equipment,
                          [&](const auto& entry) { return !is_usable(site, ExceptionSubject::kEquipment, entry.equipment.text(), span); });
  return any_out ? span.start : any_free.value_or(span.start);
}

/// One provider's openings of one day, side by side: after an offered time the next starts when that visit and its buffer are over.
void offer(const Searched& site, const ProviderCalendar& provider, LocalDay day, const DayClock& clock, const std::vector<Span>& open,
           const DayRecord& book, const DayPart& part, Instant now, Found& found) {
  const std::chrono::minutes setup{site.type->minutes_before};
  const std::vector<Span> works = working_spans(site.record, provider, day);
  const Instant latest = minute_instant(day, part.until_minute, site.record.zone);
  Instant offered_until = Instant::min();
  for (const MinuteWindow& shift : shift_windows(site.record, provider, day)) {
    const auto grid_from = [&](int minute) { return shift.from + on_grid(minute - shift.from); };
    int minute = grid_from(std::max({shift.from, part.from_minute, clock.minute_from(now, shift.from)}));
    while (minute < shift.until && minute < part.until_minute) {
      const int next = minute + kGridMinutes;
      const auto start = clock.at(minute);
      if (start && found.too_late(*start)) return;
      if (!start || *start < now) {
        minute = next;
        continue;
      }
      const Span visit = visit_span(*site.type, *start), busy = busy_span(*site.type, *start);
      if (busy.start < offered_until || visit.until > latest || !clock.holds(busy) || !inside(open, visit) || !inside(works, visit)) {
        minute = next;
        continue;
      }
      const auto chair =
          provider_is_free(book, provider.provider, busy, now) ? free_chair(site.record, book, {}, busy, now) : std::optional<ChairId>();
      auto equipment = free_equipment(site.record, book, site.type->equipment, busy, now);
      if (!chair || !equipment) {
        minute =
            std::max(next, grid_from(clock.minute_from(free_not_before(site.record, book, provider.provider, busy, now) + setup, minute)));
        continue;
      }
      found.add({.site = site.id,
                 .provider = provider.provider,
                 .chair = *chair,
                 .local_start = clock.local(minute),
                 .start = *start,
                 .duration_minutes = site.type->duration_minutes,
                 .equipment = std::move(*equipment)});
      offered_until = busy.until;
      minute = std::max(next, grid_from(clock.minute_from(offered_until + setup, minute)));
    }
  }
}

class Search {
 public:
  Search(const View& view, const messages::FindOpenings& query, Instant now) : view_(view), query_(query), now_(now), found_(query) {
    part_ = {.weekdays = {}, .from_minute = query.from_minute, .until_minute = query.until_minute};
    part_.weekdays.fill(query.weekdays.empty());
    for (const std::uint8_t weekday : query.weekdays) part_.weekdays[weekday] = true;
  }

  Answered run() {
    if (auto refused = read_sites()) return no(refused->code, std::move(refused->detail));
    for (std::size_t i = 0; i < sites_.size(); ++i) add_next_day(i);
    while (!candidates_.empty() && !found_.too_late(candidates_.front().earliest)) read_days();
    return messages::SlotList{.slots = std::move(found_).sorted()};
  }

 private:
  /// Reads the sites that have the visit type and the provider; why that cannot be, or nothing.
  std::optional<runtime::Refused<Refusal>> read_sites() {
    using Refused = runtime::Refused<Refusal>;
    std::vector<std::string> ids;
    for (const SiteId& site : query_.sites) ids.push_back(site.text());
    if (ids.empty())
      for (auto& entry : view_.index(kSitesIndex)) ids.push_back(std::move(entry.member));
    std::ranges::sort(ids);
    ids.erase(std::ranges::unique(ids).begin(), ids.end());
    auto records = view_.find_all<SiteRecord>(ids);
    bool type_known = false, provider_known = query_.provider.empty();
    std::vector<std::string> searched;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (!records[i]) return Refused{Refusal::kUnknownSite, "no site " + ids[i]};
      const bool has_type = find_visit_type(*records[i], query_.type) != nullptr;
      const bool has_provider = query_.provider.empty() || find_provider(*records[i], query_.provider) != nullptr;
      type_known = type_known || has_type;
      provider_known = provider_known || has_provider;
      if (!has_type || !has_provider) continue;
      searched.push_back(ids[i]);
      const LocalDay today = runtime::local_day(now_, records[i]->zone);
      const LocalDay first = std::max(query_.from.value_or(today), today);
      sites_.push_back({.id = SiteId(ids[i]),
                        .record = std::move(*records[i]),
                        .type = nullptr,
                        .tight = {},
                        .next = first,
                        .end = std::min(first + std::chrono::days(query_.days), today + std::chrono::days(kDaysAheadMax + 1))});
    }
    if (!type_known) return Refused{Refusal::kUnknownVisitType, "no visit type " + query_.type};
    if (!provider_known) return Refused{Refusal::kUnknownProvider, "no provider " + query_.provider.text() + " at these sites"};
    auto tight = view_.find_all<TightDaysRecord>(searched);
    for (std::size_t i = 0; i < sites_.size(); ++i) {
      sites_[i].type = find_visit_type(sites_[i].record, query_.type);
      if (tight[i]) sites_[i].tight = std::move(tight[i]->days);
    }
    return std::nullopt;
  }

  bool may_hold_one(const Searched& site, LocalDay day) const {
    if (!part_.weekdays[static_cast<std::size_t>(runtime::weekday(day))]) return false;
    const auto line = std::ranges::lower_bound(site.tight, day, {}, &TightDay::day);
    return line == site.tight.end() || line->day != day ||
           may_begin(*line, site.type->duration_minutes, part_.from_minute, part_.until_minute);
  }

  static bool later(const Candidate& a, const Candidate& b) { return std::tie(b.earliest, b.site) < std::tie(a.earliest, a.site); }

  /// The next day of a site that is worth reading becomes a candidate.
  void add_next_day(std::size_t index) {
    Searched& site = sites_[index];
    while (site.next < site.end && is_bookable_day(site.next)) {
      const LocalDay day = site.next;
      site.next += std::chrono::days(1);
      if (!may_hold_one(site, day)) continue;
      const std::vector<Span> open = open_spans(site.record, day);
      if (open.empty() || open.back().until <= now_ || found_.too_early(open.back().until)) continue;
      candidates_.push_back({index, day, std::max(open.front().start, now_)});
      std::ranges::push_heap(candidates_, later);
      return;
    }
  }

  /// Reads the earliest candidates and what they offer.
  void read_days() {
    std::vector<Candidate> batch;
    std::vector<std::string> ids;
    const Instant together = candidates_.front().earliest + kReadTogether;
    while (!candidates_.empty() && batch.size() < kDaysPerReadMax &&
           (batch.size() < kDaysPerRead || candidates_.front().earliest < together) && !found_.too_late(candidates_.front().earliest)) {
      std::ranges::pop_heap(candidates_, later);
      batch.push_back(candidates_.back());
      candidates_.pop_back();
      ids.push_back(day_id(sites_[batch.back().site].id, batch.back().day));
      add_next_day(batch.back().site);
    }
    const auto books = view_.find_all<DayRecord>(ids);
    static const DayRecord kEmpty;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (found_.too_late(batch[i].earliest)) continue;
      const Searched& site = sites_[batch[i].site];
      const DayClock clock(batch[i].day, site.record.zone);
      const std::vector<Span> open = open_spans(site.record, batch[i].day);
      for (const ProviderCalendar& provider : site.record.providers) {
        if (!query_.provider.empty() && provider.provider != query_.provider) continue;
        offer(site, provider, batch[i].day, clock, open, books[i] ? *books[i] : kEmpty, part_, now_, found_);
      }
    }
  }

  const View& view_;
  const messages::FindOpenings& query_;
  const Instant now_;
  DayPart part_;
  Found found_;
  std::vector<Searched> sites_;
  std::vector<Candidate> candidates_;  ///< a heap, the earliest on top; one for each site at most
};

}  // namespace

Answered on(const View& view, const messages::FindOpenings& query, Instant now) {
  for (const std::uint8_t weekday : query.weekdays)
    if (weekday < 1 || weekday > 7) return no(Refusal::kInvalidHours, "weekdays are 1 (Monday) to 7");
  if (query.from_minute >= query.until_minute) return no(Refusal::kInvalidHours, "the part of the day ends before it begins");
  return Search(view, query, now).run();
}

Answered on(const View& view, const messages::FindSlots& query, Instant now) {
  messages::FindOpenings openings;
  openings.type = query.type;
  openings.sites = {query.site};
  openings.from = query.from;
  openings.days = query.days;
  openings.limit = query.limit;
  openings.provider = query.provider;
  return on(view, openings, now);
}

}  // namespace bridgework::appointments
