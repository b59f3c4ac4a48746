#pragma once
// Answers for a person at a terminal.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

namespace bridgework::cli {

/// Columns aligned by what a terminal shows, numbers to the right.
class Table {
 public:
  explicit Table(std::vector<std::string> header);
  void add(std::vector<std::string> row);
  bool empty() const { return rows_.empty(); }
  std::string text() const;

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

/// A JSON value as one cell: text without its quotes, lists joined by commas. Control characters, which could drive a terminal, are
/// replaced: what is shown was written by strangers.
std::string cell(const boost::json::value& value);

/// A member as a cell; empty when there is none.
std::string cell(const boost::json::object& object, std::string_view name);

/// Any answer: members as `name  value` lines, lists of objects as tables.
std::string readable(const boost::json::value& value);

}  // namespace bridgework::cli
