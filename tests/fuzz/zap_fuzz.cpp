// What is read before anybody is known: the question of a handshake, and the list it is answered from.

#include <string>
#include <vector>

#include "runtime/principals.hpp"
#include "runtime/zap.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace {

using namespace bridgework;

void read_question(fuzz::Bytes input) {
  std::vector<std::string> frames;
  while (!input.empty() && frames.size() < 20) frames.emplace_back(input.take(input.byte()));
  const auto request = runtime::read_zap_request(frames);
  const std::string* refused = std::get_if<std::string>(&request);
  if (refused != nullptr) {
    fuzz::require(frames.size() < 2 ? refused->empty() : *refused == frames[1], "a refusal goes to who asked");
    return;
  }
  const auto& asked = std::get<runtime::ZapRequest>(request);
  fuzz::require(runtime::is_curve_key(asked.public_key), "a key is one");
}

void read_list(std::string_view text) {
  const auto list = runtime::Principals::parse(text);
  if (!list) {
    fuzz::require(!list.error().empty(), "a refusal has a sentence");
    return;
  }
  fuzz::require(list->keeps_all_of(*list), "a list takes nothing away from itself");
  fuzz::require(!list->admitted("", runtime::Grant::kFetch), "no key is no principal");
  fuzz::require(list->keys() <= runtime::Principals::kPrincipalsMax * runtime::Principals::kKeysMax, "a list is bounded");
}

}  // namespace

/// Input: a byte that chooses; then frames, each behind a byte of its length, or a list.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes input(data, size);
  if (input.byte() % 2 == 0) read_question(input);
  else read_list(input.rest());
  return 0;
}
