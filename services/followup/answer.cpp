#include "followup/answer.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "followup/audit.hpp"

namespace bridgework::followup {
namespace {

using messages::Cover;
using messages::FollowupRefusal;

constexpr std::size_t kLeaksShown = 1000;
constexpr std::size_t kWholeList = std::numeric_limits<std::int32_t>::max();

/// The dossier as it is now, read record by record: what a scan saw may have been a moment apart.
Dossier read_again(const View& view, const Dossier& seen) {
  Dossier fresh;
  const auto care = view.find<PersonCareRecord>(seen.care.person.text());
  if (!care) return seen;
  fresh.care = *care;
  std::vector<std::string> plans;
  for (const auto& plan : fresh.care.plans) plans.push_back(plan.text());
  for (auto& plan : view.find_all<PlanRecord>(plans)) {
    if (plan) fresh.plans.push_back(std::move(*plan));
  }
  std::vector<std::string> tasks;
  for (const auto& gap : fresh.care.gaps) {
    if (!gap.task.empty()) tasks.push_back(gap.task.text());
  }
  for (const auto& question : fresh.care.questioned_visits) {
    if (!question.task.empty()) tasks.push_back(question.task.text());
  }
  for (const auto& question : fresh.care.questioned_offers) tasks.push_back(question.task.text());
  for (const auto& task : seen.open_tasks) {
    if (std::find(tasks.begin(), tasks.end(), task.task.text()) == tasks.end()) tasks.push_back(task.task.text());
  }
  for (auto& task : view.find_all<TaskRecord>(tasks)) {
    if (!task || !is_open(*task)) continue;
    if (view.index_has(kWorkList, task->task.text())) fresh.listed_tasks.insert(task->task.text());
    fresh.open_tasks.push_back(std::move(*task));
  }
  return fresh;
}

/// What really is wrong. A person who changed between two reads of the scan is read again before being reported.
std::vector<messages::Leak> confirmed_leaks(const View& view, Dossier& dossier, const Config& config, Instant now) {
  auto leaks = leaks_of(dossier, config, now);
  for (int again = 0; again < 3 && !leaks.empty(); ++again) {
    dossier = read_again(view, dossier);
    leaks = leaks_of(dossier, config, now);
  }
  return leaks;
}

class Tally {
 public:
  void add(const Dossier& dossier, std::vector<messages::Leak> leaks) {
    ++audit_.persons;
    std::array<std::uint64_t, 4> by_cover{};
    std::array<std::uint64_t, messages::kAllGapKind.size()> by_kind{};
    for (const auto& gap : dossier.care.gaps) {
      ++by_cover[static_cast<std::size_t>(gap.cover)];
      if (is_open(gap)) ++by_kind[static_cast<std::size_t>(gap.kind)];
    }
    const auto open = by_cover[0] + by_cover[1] + by_cover[2];
    audit_.open_gaps += open;
    if (open > 0) {
      ++audit_.with_unfinished_care;
      ++(by_cover[static_cast<std::size_t>(Cover::kActive)] > 0   ? audit_.active
         : by_cover[static_cast<std::size_t>(Cover::kOnHold)] > 0 ? audit_.on_hold
                                                                  : audit_.covered);
    } else if (dossier.care.gaps_closed > 0) {
      ++audit_.closed;
    }
    for (std::size_t kind = 0; kind < by_kind.size(); ++kind) {
      gaps_[kind] += by_kind[kind];
      persons_[kind] += by_kind[kind] > 0 ? 1 : 0;
    }
    audit_.violations += leaks.size();
    for (auto& leak : leaks) {
      if (audit_.leaks.size() < kLeaksShown) audit_.leaks.push_back(std::move(leak));
    }
  }

  messages::LeakAudit result() && {
    for (const auto kind : messages::kAllGapKind) {
      messages::KindCount count;
      count.kind = kind;
      count.gaps = gaps_[static_cast<std::size_t>(kind)];
      count.persons = persons_[static_cast<std::size_t>(kind)];
      if (count.gaps > 0) audit_.open_by_kind.push_back(count);
    }
    std::sort(audit_.leaks.begin(), audit_.leaks.end(), [](const messages::Leak& a, const messages::Leak& b) {
      return std::tie(a.person, a.gap, a.why) < std::tie(b.person, b.gap, b.why);
    });
    return std::move(audit_);
  }

 private:
  messages::LeakAudit audit_;
  std::array<std::uint64_t, messages::kAllGapKind.size()> gaps_{};
  std::array<std::uint64_t, messages::kAllGapKind.size()> persons_{};
};

std::vector<TaskRecord> open_tasks(const View& view, const std::vector<std::string>& ids) {
  std::vector<TaskRecord> tasks;
  for (auto& task : view.find_all<TaskRecord>(ids)) {
    if (task && is_open(*task)) tasks.push_back(std::move(*task));
  }
  return tasks;
}

messages::TaskList show(const std::vector<TaskRecord>& tasks, std::uint64_t total, std::size_t limit, Instant now) {
  messages::TaskList list;
  list.total = total;
  for (const auto& task : tasks) {
    if (list.tasks.size() < limit) list.tasks.push_back(view_of(task, now));
  }
  return list;
}

std::vector<std::string> tasks_of(const PersonCareRecord& care) {
  std::vector<std::string> ids;
  for (const auto& gap : care.gaps) {
    if (!gap.task.empty()) ids.push_back(gap.task.text());
  }
  for (const auto& question : care.questioned_visits) {
    if (!question.task.empty()) ids.push_back(question.task.text());
  }
  for (const auto& question : care.questioned_offers) ids.push_back(question.task.text());
  return ids;
}

}  // namespace

Answer answer(const View& view, const messages::FollowupQuery& query, const Config& config, Instant now) {
  return std::visit([&](const auto& q) { return answer(view, q, config, now); }, query);
}

Answer answer(const View& view, const messages::ListFollowUps& query, const Config&, Instant) {
  messages::GapList list;
  const auto care = view.find<PersonCareRecord>(query.person.text());
  if (!care) return list;
  for (const auto& gap : care->gaps) list.gaps.push_back(view_of(gap, care->person));
  return list;
}

Answer answer(const View& view, const messages::GetTreatmentPlan& query, const Config&, Instant) {
  const auto plan = view.find<PlanRecord>(query.plan.text());
  if (!plan) return tl::unexpected(runtime::Refused<FollowupRefusal>{FollowupRefusal::kUnknownPlan, query.plan.text()});
  return view_of(*plan);
}

Answer answer(const View& view, const messages::ListTasks& query, const Config&, Instant now) {
  if (!query.person.empty()) {
    const auto care = view.find<PersonCareRecord>(query.person.text());
    auto tasks = open_tasks(view, care ? tasks_of(*care) : std::vector<std::string>{});
    std::erase_if(tasks, [&](const TaskRecord& task) { return !query.site.empty() && task.site != query.site; });
    std::stable_sort(tasks.begin(), tasks.end(), [](const TaskRecord& a, const TaskRecord& b) { return a.opened_at < b.opened_at; });
    return show(tasks, tasks.size(), query.limit, now);
  }
  const std::string list = query.site.empty() ? std::string(kWorkList) : work_list_of(query.site);
  std::vector<std::string> ids;
  constexpr double kAny = std::numeric_limits<double>::infinity();
  for (auto& entry : view.index(list, -kAny, kAny, query.limit)) ids.push_back(std::move(entry.member));
  return show(open_tasks(view, ids), view.index_size(list), query.limit, now);
}

Answer answer(const View& view, const messages::AuditLeaks&, const Config& config, Instant now) {
  std::unordered_map<std::string, Dossier> dossiers;
  view.for_each<PersonCareRecord>([&](std::string_view id, const PersonCareRecord& care) { dossiers[std::string(id)].care = care; });
  view.for_each<PlanRecord>([&](std::string_view, const PlanRecord& plan) {
    Dossier& dossier = dossiers[plan.person.text()];
    dossier.care.person = plan.person;
    dossier.plans.push_back(plan);
  });
  view.for_each<TaskRecord>([&](std::string_view, const TaskRecord& task) {
    if (!is_open(task)) return;
    Dossier& dossier = dossiers[task.person.text()];
    dossier.care.person = task.person;
    dossier.open_tasks.push_back(task);
  });
  constexpr double kAny = std::numeric_limits<double>::infinity();
  for (auto& entry : view.index(kWorkList, -kAny, kAny, kWholeList)) {
    const auto it = dossiers.find(std::string(owner_key(entry.member)));
    if (it != dossiers.end()) it->second.listed_tasks.insert(std::move(entry.member));
  }
  Tally tally;
  for (auto& [person, dossier] : dossiers) {
    auto leaks = confirmed_leaks(view, dossier, config, now);
    tally.add(dossier, std::move(leaks));
  }
  return std::move(tally).result();
}

}  // namespace bridgework::followup
