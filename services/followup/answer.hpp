#pragma once
// What followup tells about committed state.

#include "followup/state.hpp"
#include "runtime/model.hpp"

namespace bridgework::followup {

using Answer = runtime::Answer<Vocabulary::Reply, Vocabulary::Refusal>;

Answer answer(const View& view, const messages::FollowupQuery& query, const Config& config, Instant now);

Answer answer(const View& view, const messages::ListFollowUps& query, const Config& config, Instant now);
Answer answer(const View& view, const messages::GetTreatmentPlan& query, const Config& config, Instant now);
/// `total` counts the whole list, not what fits into the answer.
Answer answer(const View& view, const messages::ListTasks& query, const Config& config, Instant now);
/// Recomputed from every record by a full scan; trusts no counter and no index but the work list itself, which it checks.
///
/// A person counts once, under what needs most attention: active before on hold before covered before closed.
Answer answer(const View& view, const messages::AuditLeaks& query, const Config& config, Instant now);

}  // namespace bridgework::followup
