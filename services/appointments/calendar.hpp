#pragma once
// Days, hours and what is busy: the arithmetic that holding and searching share, so that what is offered can be held.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "appointments/state.hpp"
#include "runtime/types.hpp"

namespace bridgework::appointments {

/// From start up to, not including, until.
struct Span {
  Instant start;
  Instant until;
};
struct MinuteWindow {
  int from;
  int until;
};

/// `2026-03-08`.
std::string text_of(LocalDay day);
/// `2026-03-08 10:00`.
std::string text_of(LocalTime local);
/// The id of the record that holds a site's day.
std::string day_id(const SiteId& site, LocalDay day);
/// The index that lists a site's day, by start.
std::string day_index(const SiteId& site, LocalDay day);
/// The index of all sites.
inline constexpr std::string_view kSitesIndex = "sites";
/// The index of a site's visits without a time, by when they were planned.
std::string planned_index(const SiteId& site);

/// Visits are held for at most so many days ahead, so that what lies ahead can be counted: when a zone is changed, when a provider's sites
/// are compared.
inline constexpr int kDaysAheadMax = 800;

LocalDay day_of(LocalTime local);

/// Whether a calendar can be asked about that day at all: years 1900 to 2400. Outside of them no zone data means anything.
bool is_bookable_day(LocalDay day);

/// Whether each entry names a weekday and opens before it closes.
bool hours_are_valid(const std::vector<messages::OpeningHours>& hours);

/// Whether the days are in order and no longer than a year, and each window opens before it closes.
bool dated_hours_are_valid(const messages::DatedHours& hours);

/// One weekday's windows, ascending, those that touch or overlap made one.
std::vector<MinuteWindow> windows_on(const std::vector<messages::OpeningHours>& hours, int weekday);

/// The instant at which a minute of a day begins. A minute in a spring gap begins when the gap is over; minute 1440 is the next day's
/// start; in an autumn fold the first of the two.
Instant minute_instant(LocalDay day, int minute, std::string_view zone);

/// A day's windows as instants, so that a visit over a clock change is measured by its true length.
std::vector<Span> spans_on(const std::vector<messages::OpeningHours>& hours, LocalDay day, std::string_view zone);

/// Whether the span lies within one of the windows.
bool inside(const std::vector<Span>& windows, Span span);

const ProviderCalendar* find_provider(const SiteRecord& site, const ProviderId& provider);
const VisitTypeEntry* find_visit_type(const SiteRecord& site, std::string_view visit_type);
bool has_chair(const SiteRecord& site, const ChairId& chair);

/// The exceptions of one subject, as its own calendar has them.
std::vector<messages::DatedHours> dated_hours(const SiteRecord& site, messages::ExceptionSubject subject, std::string_view of);

/// When the site is open on that day.
std::vector<Span> open_spans(const SiteRecord& site, LocalDay day);
/// When the provider is to be there, by shift or exception, in minutes of that day.
std::vector<MinuteWindow> shift_windows(const SiteRecord& site, const ProviderCalendar& provider, LocalDay day);
/// When the provider can be there: at work, and at no other site.
std::vector<Span> working_spans(const SiteRecord& site, const ProviderCalendar& provider, LocalDay day);
/// Of the places a provider works at the first, but for `here`, that has them during some of the span, or nothing.
const HoursAtSite* elsewhere_during(const std::vector<HoursAtSite>& places, const SiteId& here, Span span);

/// The first time, from that moment on and as far as visits can be held, at which both say the provider works.
std::optional<Span> first_clash(const HoursAtSite& here, const HoursAtSite& there, Instant from);

/// Why an agreed visit does not fit the calendar as it is now; empty when it does, or when nobody can move it any more.
std::string why_outside(const SiteRecord& site, const VisitRecord& record);

/// The visit itself.
Span visit_span(const VisitTypeEntry& type, Instant start);
/// What it takes: with what is set up before it and cleaned up after it. These may outlast the opening hours, but not the day.
Span busy_span(const VisitTypeEntry& type, Instant start);

bool overlap(const Taken& taken, Span span);
/// A hold whose time is over holds nothing, even if its timer is late.
bool still_counts(const Taken& taken, Instant now);
bool provider_is_free(const DayRecord& day, const ProviderId& provider, Span span, Instant now);
bool chair_is_free(const DayRecord& day, const ChairId& chair, Span span, Instant now);
/// Whether no exception says that it is out of order for some of the span.
bool is_usable(const SiteRecord& site, messages::ExceptionSubject subject, std::string_view of, Span span);
/// `preferred` if it is free and in order, else the first such one in the order they were defined.
std::optional<ChairId> free_chair(const SiteRecord& site, const DayRecord& day, const ChairId& preferred, Span span, Instant now);
/// A free device in order for each kind, the first in the order they were defined, or the kind of which none is free.
tl::expected<std::vector<EquipmentId>, std::string> free_equipment(const SiteRecord& site, const DayRecord& day,
                                                                   const std::vector<std::string>& kinds, Span span, Instant now);

}  // namespace bridgework::appointments
