// Every message of the catalogue, decoded from any bytes: envelopes of the wire and of the log, commands, queries, replies, events.

#include <string>

#include "messages/catalogue.hpp"
#include "messages/catalogue_codec.hpp"
#include "tests/fuzz/fuzz.hpp"

/// Input: the message's place in the catalogue in two bytes, then its bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bridgework;
  fuzz::Bytes input(data, size);
  const auto messages = messages::all_messages();
  const auto& message = messages[input.pair() % messages.size()];
  const std::string_view bytes = input.rest();
  const auto canonical = messages::canonical(message.type_id, bytes);
  if (!canonical) {
    fuzz::require(!canonical.error().reason.empty(), "a refusal has a reason");
    return 0;
  }
  const auto again = messages::canonical(message.type_id, *canonical);
  fuzz::require(again.has_value(), "what was encoded can be decoded");
  fuzz::require(*again == *canonical, "equal messages give equal bytes");
  return 0;
}
