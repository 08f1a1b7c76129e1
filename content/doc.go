// Package content holds neutral messages in several languages and wordings, and makes the variants
// of a message from which one can tell what a filter dislikes.
//
// [Known] says whether there is a text of a name, and [Prepare] gives messages their words before a
// run is planned: what it returns is what the run's facts keep. A name is KIND-LANGUAGE, such as
// notice-de. KIND alone, or [Any], draws the language too; KIND-LANGUAGE-N is one wording.
package content
