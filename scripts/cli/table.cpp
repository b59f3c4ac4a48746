#include "scripts/cli/table.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace bridgework::cli {
namespace {

/// Code points, which is what most scripts take as columns.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

bool is_number(std::string_view text) { return text.empty() || text.find_first_not_of("0123456789.-%") == std::string_view::npos; }

std::string calm(std::string_view text) {
  std::string safe;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool is_c1 = byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (is_c1) ++i;
    safe += byte < ' ' || byte == 0x7f || is_c1 ? ' ' : text[i];
  }
  return safe;
}

}  // namespace

Table::Table(std::vector<std::string> header) : header_(std::move(header)) {}

void Table::add(std::vector<std::string> row) {
  row.resize(header_.size());
  rows_.push_back(std::move(row));
}

std::string Table::text() const {
  std::vector<std::size_t> widths;
  std::vector<bool> right;
  for (std::size_t column = 0; column < header_.size(); ++column) {
    std::size_t widest = width(header_[column]);
    bool numbers = true;
    for (const auto& row : rows_) {
      widest = std::max(widest, width(row[column]));
      numbers = numbers && is_number(row[column]);
    }
    widths.push_back(widest);
    right.push_back(numbers && !rows_.empty());
  }
  std::string text;
  const auto line = [&](const std::vector<std::string>& row) {
    std::string out;
    for (std::size_t column = 0; column < row.size(); ++column) {
      if (column > 0) out += "  ";
      const std::string space(widths[column] - width(row[column]), ' ');
      out += right[column] ? space + row[column] : row[column] + space;
    }
    out.erase(out.find_last_not_of(' ') + 1);
    text += out + '\n';
  };
  line(header_);
  for (const auto& row : rows_) line(row);
  return text;
}

std::string cell(const boost::json::value& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return calm(value.get_string());
  if (value.is_double()) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.6g", value.get_double());
    return text.data();
  }
  if (const boost::json::array* array = value.if_array()) {
    std::string text;
    for (const boost::json::value& item : *array) text += (text.empty() ? "" : ", ") + cell(item);
    return text;
  }
  return calm(boost::json::serialize(value));
}

std::string cell(const boost::json::object& object, std::string_view name) {
  const boost::json::value* value = object.if_contains(name);
  return value == nullptr ? "" : cell(*value);
}

std::string readable(const boost::json::value& value) {
  if (const boost::json::array* array = value.if_array()) {
    std::vector<std::string> header;
    for (const boost::json::value& item : *array) {
      const boost::json::object* object = item.if_object();
      if (object == nullptr) return cell(value) + '\n';
      for (const auto& member : *object) {
        if (std::find(header.begin(), header.end(), member.key()) == header.end()) header.emplace_back(member.key());
      }
    }
    if (array->empty()) return "(none)\n";
    Table table(header);
    for (const boost::json::value& item : *array) {
      std::vector<std::string> row;
      for (const std::string& name : header) row.push_back(cell(item.get_object(), name));
      table.add(std::move(row));
    }
    return table.text();
  }
  const boost::json::object* object = value.if_object();
  if (object == nullptr) return cell(value) + '\n';
  std::size_t widest = 0;
  for (const auto& member : *object) widest = std::max(widest, width(member.key()));
  std::string lines;
  std::string parts;
  for (const auto& member : *object) {
    const boost::json::array* list = member.value().if_array();
    const bool is_table = (list != nullptr && !list->empty() && list->front().is_object()) || member.value().is_object();
    if (is_table) {
      parts += "\n" + std::string(member.key()) + "\n" + readable(member.value());
    } else {
      lines += std::string(member.key()) + std::string(widest - width(member.key()) + 2, ' ') + cell(member.value()) + '\n';
    }
  }
  return lines + parts;
}

}  // namespace bridgework::cli
