// FHIR of other systems: any JSON is a resource that is taken, or refused by a rule.

#include <chrono>
#include <string>

#include "gateway/fhir_import.hpp"
#include "gateway/fhir_resource.hpp"
#include "gateway/json_text.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace {

using namespace bridgework;

void take(const boost::json::object& resource) {
  const gateway::FhirSource source{"fuzz", Instant{std::chrono::hours(24 * 365 * 50)}, {}};
  const auto taken = gateway::read_fhir(resource, source);
  if (taken) return;
  fuzz::require(taken.error().status == 422, "a refusal is the resource's fault");
  fuzz::require(!taken.error().code.empty() && taken.error().detail.starts_with(taken.error().code), "a refusal names its rule");
}

}  // namespace

/// Input: JSON, a resource or a Bundle; and the same bytes as an id.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes input(data, size);
  const std::string_view text = input.rest();
  const auto id = gateway::id_of_fhir(text);
  fuzz::require(!id || gateway::fhir_id(*id) == text, "an id is written in one way");
  (void)gateway::slot_of_fhir_id(text);
  const auto parsed = gateway::parse_json(text);
  if (!parsed || !parsed->value.is_object()) return 0;
  take(parsed->value.get_object());
  if (const auto entries = gateway::read_fhir_batch(parsed->value.get_object())) {
    for (const auto& entry : *entries) take(entry.resource);
  }
  return 0;
}
