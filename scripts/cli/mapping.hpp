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

/// The place of a column that a file does not have.
inline constexpr std::size_t kAbsent = static_cast<std::size_t>(-1);

/// A mapping fitted to one file's header. Pure: `now` is handed in, because a visit after it is not of the past.
class RowReader {
 public:
  static tl::expected<RowReader, std::string> fit(Mapping mapping, const std::vector<std::string>& header, Instant now);

  /// `row` and this reader must outlive the answer.
  tl::expected<PastVisit, Reject> read(const std::vector<std::string>& row) const&;
  tl::expected<PastVisit, Reject> read(const std::vector<std::string>& row) && = delete;

  const Mapping& mapping() const { return mapping_; }

 private:
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

/// A mapping file of leads; `tests/functional/leads.toml` is the example.
struct LeadMapping {
  std::string source;    ///< name of the system the file comes from; part of every id, so never change it between two imports
  std::string zone;      ///< IANA zone of the sites
  std::string language;  ///< BCP 47, of the persons
  /// The last digits of a phone number by which two spellings of it are one person's.
  std::int64_t phone_digits = 10;

  struct Columns {
    std::string site, received_at, lead_source;                                  ///< must be given
    std::string lead, given_name, family_name, phone, email, campaign, message;  ///< may be; a phone or an e-mail must
  } columns;
  TimeFormat received_at_format = TimeFormat::kLocal;
  std::map<std::string, std::string> sources;    ///< their word, in lower case → a source of ours
  std::map<std::string, std::string> campaigns;  ///< their word, in lower case → the id of a campaign
};

tl::expected<LeadMapping, std::string> parse_lead_mapping(std::string_view toml);

/// A row as the suite takes it. Text views point into the row and into the reader.
struct PastLead {
  std::string person;  ///< what two rows of one person have in common: the digits of the phone, else the e-mail; and the name
  std::string lead;    ///< as the file names it, else what makes it different from others of that person
  std::string_view site;
  Instant received_at{};
  std::string_view lead_source, campaign;
  std::string_view given_name, family_name, phone, email, message;
};

/// A mapping of leads fitted to one file's header; as RowReader.
class LeadReader {
 public:
  static tl::expected<LeadReader, std::string> fit(LeadMapping mapping, const std::vector<std::string>& header, Instant now);

  /// `row` and this reader must outlive the answer.
  tl::expected<PastLead, Reject> read(const std::vector<std::string>& row) const&;
  tl::expected<PastLead, Reject> read(const std::vector<std::string>& row) && = delete;

  const LeadMapping& mapping() const { return mapping_; }

 private:
  struct Places {
    std::size_t site, received_at, lead_source, lead, given_name, family_name, phone, email, campaign, message;
  };

  LeadMapping mapping_;
  Places places_{};
  std::size_t columns_ = 0;
  Instant now_{};
};

/// `2016-04-29`, `2016-04-29T18:38:08`, `2016-04-29T18:38:08Z`, as the messages write them.
std::string written(LocalDay day);
std::string written(LocalTime time);
std::string written(Instant instant);

}  // namespace bridgework::cli
