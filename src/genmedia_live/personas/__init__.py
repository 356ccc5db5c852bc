"""Who the agent can be: Markdown files, those of the package and the user's own. A file's name is the persona's."""

from genmedia_live.personas.library import Personas
from genmedia_live.personas.persona import Known, Option, Persona, PersonaProblem

__all__ = ["Known", "Option", "Persona", "PersonaProblem", "Personas"]
