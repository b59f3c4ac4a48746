#pragma once
// How the columns of somebody else's file become past visits of ours.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "runtime/types.hpp"

namespace bridgework::cli {

/// How a column writes time.
enum class TimeFormat {
  kDay,    ///< `2016-04-29…`: a local calendar day; any time of day behind it means nothing
  kLocal,  ///< `2016-04-29T18:38:08…`: the site's wall clock; a zone designator behind it is an error of the exporting system, and ignored
  kInstant,  ///< RFC 3339 with its offset
};

/// A mapping file; `tests/functional/noshow.toml` is the example.
struct Mapping {
  std::string source;    ///< name of the system the file comes from; part of every id, so never change it between two imports
  std::string zone;      ///< IANA zone of the sites
  std::string language;  ///< BCP 47, of the persons
  std::int64_t default_duration_minutes = 30;
  std::string default_time = "12:00";  ///< of a visit whose file knows only its day
  std::string purpose = "other";

  struct Columns {
    std::string person, appointment, site, start, outcome;               ///< must be given
    std::string booked_at, duration_minutes, purpose;                    ///< may be
    std::string age, birth_date, given_name, family_name, phone, email;  ///< may be
  } columns;
  TimeFormat start_format = TimeFormat::kLocal;
  TimeFormat booked_at_format = TimeFormat::kInstant;
  std::map<std::string, std::string> outcomes;  ///< their word → completed, no_show, cancelled
  std::map<std::string, std::string> purposes;  ///< their word → a purpose of ours

  std::int64_t age_min = 0;
  std::int64_t age_max = 130;
  bool start_not_before_booking_day = true;
};

tl::expected<Mapping, std::string> parse_mapping(std::string_view toml);

/// Why a row is left out.
struct Reject {
  std::string field;  ///< the file's name of the column
  std::string reason;
};

/// A row as the suite takes it. Text views point into the row and into the reader.
struct PastVisit {
  std::string_view person, appointment, site;  ///< as the file names them
  LocalTime start{};
  std::optional<Instant> booked_at;
  std::int64_t duration_minutes = 0;
  std::string_view purpose, outcome;
  std::optional<LocalDay> birth_day;
  std::string_view given_name, family_name, phone, email;
};

/// A mapping fitted to one file's header. Pure: `now` is handed in, because a visit after it is not of the past.
class RowReader {
 public:
  static tl::expected<RowReader, std::string> fit(Mapping mapping, const std::vector<std::string>& header, Instant now);

  /// `row` and this reader must outlive the answer.
  tl::expected<PastVisit, Reject> read(const std::vector<std::string>& row) const&;
  tl::expected<PastVisit, Reject> read(const std::vector<std::string>& row) && = delete;

  const Mapping& mapping() const { return mapping_; }

 private:
  static constexpr std::size_t kAbsent = static_cast<std::size_t>(-1);
  struct Places {
    std::size_t person, appointment, site, start, outcome, booked_at, duration_minutes, purpose, age, birth_date, given_name, family_name,
        phone, email;
  };

  std::optional<Reject> check_person(const std::vector<std::string>& row, PastVisit& visit) const;

  Mapping mapping_;
  Places places_{};
  std::size_t columns_ = 0;
  std::chrono::minutes default_time_{};
  Instant now_{};
};

/// `2016-04-29`, `2016-04-29T18:38:08`, `2016-04-29T18:38:08Z`, as the messages write them.
std::string written(LocalDay day);
std::string written(LocalTime time);
std::string written(Instant instant);

}  // namespace bridgework::cli
