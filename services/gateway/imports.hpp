#pragma once
// Rows of another system, many in one request, each to the service that keeps it.

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/json/object.hpp>

#include "gateway/forms.hpp"
#include "gateway/problem.hpp"
#include "messages/envelope.values.hpp"

namespace bridgework::gateway {

inline constexpr std::size_t kImportRowsMax = 500;

enum class ImportKind { kPersons, kVisits, kLeads };

/// One command that carries some of the rows.
struct ImportPart {
  std::string service;
  std::uint64_t type_id;
  std::string key;              ///< of its lane
  std::string idempotency_key;  ///< a function of the request's key and of what the part carries, so that a repeat is the same part
  std::string body;
  std::vector<std::size_t> rows;  ///< positions in the request
};

/// Splits `{"rows":[...]}` by lane (persons, leads) or by site (visits). A row that breaks a rule refuses the whole request, with its path,
/// and then nothing was sent.
std::variant<std::vector<ImportPart>, Problem> split_import(ImportKind kind, const boost::json::object& request, const Forms& forms,
                                                            std::string_view principal, std::string_view idempotency_key);

/// The sums as JSON, or which rows were not done. The parts that were done stay done: repeating the same request counts them again
/// without doing them again.
std::variant<std::string, Problem> sum_import(const std::vector<ImportPart>& parts, const std::vector<messages::Reply>& replies);

/// HTTP status of a reply that is not `kDone`, and its problem.
Problem problem_of_reply(const messages::Reply& reply);

}  // namespace bridgework::gateway
