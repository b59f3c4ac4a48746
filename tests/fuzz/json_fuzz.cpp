// JSON to messages and back, for every message that HTTP can carry.

#include <string>

#include "gateway/json_mapper.hpp"
#include "gateway/json_text.hpp"
#include "messages/catalogue.hpp"
#include "messages/catalogue_codec.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace {

using namespace bridgework;

/// What the gateway answers is JSON that the gateway itself would read.
void check_answer(const gateway::StructForm& form, std::string_view bytes) {
  std::string text;
  fuzz::require(gateway::append_json(text, form, bytes).has_value(), "a valid message has a JSON form");
  const auto parsed = gateway::parse_json(text);
  fuzz::require(parsed.has_value(), "the JSON form is JSON");
  fuzz::require(!parsed->duplicate, "the JSON form names each field once");
}

void from_json(const gateway::StructForm& form, std::uint64_t type_id, std::string_view text) {
  const auto parsed = gateway::parse_json(text);
  if (!parsed) {
    fuzz::require(parsed.error().offset <= text.size(), "an error lies in the text");
    return;
  }
  if (parsed->duplicate || !parsed->value.is_object()) return;
  const auto message = gateway::to_message(form, parsed->value.get_object());
  if (!message) {
    fuzz::require(!message.error().code.empty(), "a refusal has a code");
    return;
  }
  fuzz::require(messages::canonical(type_id, *message).has_value(), "what the gateway sends, its owner takes");
  check_answer(form, *message);
}

void from_bytes(const gateway::StructForm& form, std::uint64_t type_id, std::string_view bytes) {
  if (const auto canonical = messages::canonical(type_id, bytes)) return check_answer(form, *canonical);
  std::string text = "before";
  if (!gateway::append_json(text, form, bytes)) fuzz::require(text == "before", "a failure appends nothing");
}

}  // namespace

/// Input: the message's place in the catalogue in two bytes, the highest bit choosing the direction; then JSON, or the message's bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const gateway::Forms forms;
  fuzz::Bytes input(data, size);
  const unsigned chosen = input.pair();
  const auto messages = messages::all_messages();
  const auto& message = messages[(chosen & 0x7fffu) % messages.size()];
  // Envelopes hold bytes, which have no JSON form, and never meet JSON.
  const gateway::StructForm* form = message.owner == "runtime" ? nullptr : forms.find(message.type_id);
  if (form == nullptr) return 0;
  if ((chosen & 0x8000u) == 0) from_json(*form, message.type_id, input.rest());
  else from_bytes(*form, message.type_id, input.rest());
  return 0;
}
