/* The plugin as babeltrace2 finds it: babeltrace-plugin-flowdar.so, with the source recording and the filter owner. */
#include "viz/babeltrace/filter.h"
#include "viz/babeltrace/source.h"

BT_PLUGIN_MODULE();
BT_PLUGIN(flowdar);
BT_PLUGIN_DESCRIPTION("Recordings of flowdar, taken apart into sessions");
BT_PLUGIN_LICENSE("MIT");
BT_PLUGIN_SOURCE_COMPONENT_CLASS(recording, fdar_bt_iterator_next);
BT_PLUGIN_SOURCE_COMPONENT_CLASS_DESCRIPTION(
	recording, "Sessions, requests, calls and hand-offs of a recording, each with its session");
BT_PLUGIN_SOURCE_COMPONENT_CLASS_HELP(
	recording, "inputs: array with the path of one recording, or of an LTTng trace.\n"
		   "unit: session (default) or request.\n"
		   "calls: keep so many calls, the longest (default 500000).");
BT_PLUGIN_SOURCE_COMPONENT_CLASS_INITIALIZE_METHOD(recording, fdar_bt_source_initialize);
BT_PLUGIN_SOURCE_COMPONENT_CLASS_FINALIZE_METHOD(recording, fdar_bt_source_finalize);
BT_PLUGIN_SOURCE_COMPONENT_CLASS_QUERY_METHOD(recording, fdar_bt_source_query);
BT_PLUGIN_SOURCE_COMPONENT_CLASS_MESSAGE_ITERATOR_CLASS_INITIALIZE_METHOD(
	recording, fdar_bt_iterator_initialize);
BT_PLUGIN_SOURCE_COMPONENT_CLASS_MESSAGE_ITERATOR_CLASS_FINALIZE_METHOD(recording,
									fdar_bt_iterator_finalize);
BT_PLUGIN_SOURCE_COMPONENT_CLASS_MESSAGE_ITERATOR_CLASS_SEEK_BEGINNING_METHODS(
	recording, fdar_bt_iterator_seek_beginning, NULL);

BT_PLUGIN_FILTER_COMPONENT_CLASS(owner, fdar_bt_filter_iterator_next);
BT_PLUGIN_FILTER_COMPONENT_CLASS_DESCRIPTION(owner, "The events of one session, or of one request");
BT_PLUGIN_FILTER_COMPONENT_CLASS_HELP(
	owner, "session: a client's address, with or without its port.\n"
	       "request: what is asked for, as the events' member request has it.");
BT_PLUGIN_FILTER_COMPONENT_CLASS_INITIALIZE_METHOD(owner, fdar_bt_filter_initialize);
BT_PLUGIN_FILTER_COMPONENT_CLASS_FINALIZE_METHOD(owner, fdar_bt_filter_finalize);
BT_PLUGIN_FILTER_COMPONENT_CLASS_MESSAGE_ITERATOR_CLASS_INITIALIZE_METHOD(
	owner, fdar_bt_filter_iterator_initialize);
BT_PLUGIN_FILTER_COMPONENT_CLASS_MESSAGE_ITERATOR_CLASS_FINALIZE_METHOD(
	owner, fdar_bt_filter_iterator_finalize);
BT_PLUGIN_FILTER_COMPONENT_CLASS_MESSAGE_ITERATOR_CLASS_SEEK_BEGINNING_METHODS(
	owner, fdar_bt_filter_iterator_seek_beginning, fdar_bt_filter_iterator_can_seek_beginning);
