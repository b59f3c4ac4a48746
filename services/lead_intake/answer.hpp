#pragma once

#include <string>
#include <vector>

#include "lead_intake/state.hpp"
#include "runtime/model.hpp"

namespace bridgework::lead_intake {

using Query = messages::LeadIntakeQuery;

/// A question about a lead or a person. Likely matches are found here, by contact points all over the group, and named; nothing is ever
/// merged by itself.
runtime::Answer<Vocabulary::Reply, Refusal> answer(const View& view, const Query& query, const Config& config, Instant now);

// ---- for the files of answer only

/// The other records of the same human being: whoever can be reached by links, whichever way they were made.
std::vector<PersonId> linked_with(const View& view, const std::string& person);

}  // namespace bridgework::lead_intake
