// Records of the log as the two edges show them to others: Live without what names a person, and CloudEvents over HTTP.

#include <string>

#include "bus/live.hpp"
#include "gateway/event_feed.hpp"
#include "gateway/json_text.hpp"
#include "messages/catalogue.hpp"
#include "messages/catalogue_codec.hpp"
#include "messages/envelope.codec.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace {

using namespace bridgework;

constexpr std::string_view kPerson = "p-a-person-of-this-group";

void show(const std::string& record) {
  static const bus::Pseudonyms pseudonyms("a secret of this group, long enough", "g");
  static const gateway::Forms forms;
  static gateway::EventWriter writer(forms, "g");
  bus::LogEntry entry{7, 0, record};
  const auto decoded = messages::decode_as<messages::EventRecord>(record);
  if (decoded) entry.type_id = decoded->type_id;
  if (const auto live = bus::live_message(pseudonyms, "1.a", entry)) {
    fuzz::require(decoded.has_value(), "only readable records go out");
    const std::string shown = live->topic + live->header + live->payload;
    const bool named_elsewhere = decoded->body.find(kPerson) != std::string::npos;
    if (decoded->person == kPerson && !named_elsewhere) fuzz::require(shown.find(kPerson) == std::string::npos, "Live names no person");
  }
  std::string line;
  const messages::FetchedEvent event{7, record};
  fuzz::require(writer.append(line, "1.a", event, {}), "every event has its line");
  if (decoded) {
    const messages::MessageInfo* info = messages::find_message(decoded->type_id);
    if (info == nullptr || !messages::canonical(decoded->type_id, decoded->body)) return;
  }
  const auto parsed = gateway::parse_json(line);
  fuzz::require(parsed.has_value() && !parsed->duplicate, "a CloudEvent is JSON");
}

}  // namespace

/// Input: a record as it lies in the log; or, behind a byte 0xff, the place of an event in the catalogue in two bytes and its body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes input(data, size);
  if (size == 0 || data[0] != 0xff) {
    show(std::string(input.rest()));
    return 0;
  }
  input.byte();
  const auto all = messages::all_messages();
  messages::EventRecord record;
  record.type_id = all[input.pair() % all.size()].type_id;
  record.recorded_at = Instant{std::chrono::seconds{1'795'305'600}};
  record.service = "s";
  record.person = kPerson;
  record.site = "site";
  record.body = input.rest();
  show(encode(record));
  return 0;
}
