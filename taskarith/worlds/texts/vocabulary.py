"""Every word of the written world, and how a text is cut into words.

The list is fixed and in this order, since models are trained on its numbers: add at the end.
"""

import re

__all__ = ["split_words", "vocabulary"]

_WORD = re.compile(r"[a-zé]+|[^\sa-zé]")


def split_words(text: str) -> list[str]:
    """The words and marks of a text, in small letters.

    >>> split_words("Anna: Have you seen the café?")
    ['anna', ':', 'have', 'you', 'seen', 'the', 'café', '?']
    """
    return _WORD.findall(text.lower())


def vocabulary() -> tuple[str, ...]:
    """Every word and mark, each once."""
    return _WORDS


_LIST = """
! , . : ; ? a about add adds afraid after afternoon again all alone always am among an and angel
angry animal anna another answer anybody are arrived as ask asked asks asleep at ate away awful
back bad bag bags baker bakers balcony ball balls band bank basket baskets bath be bed before
began bell belong belongs ben big bird birthday black bland blue book books borrowed both bought
box brat brave bread breakfast bright bring brown burnt but by café cake call called came can
captain captains carried carry cat certain chapter cheered cheese child choir choose church clara
cleaned clever close closed clown clumsy coat coats coin cold colour come comes comfortable
concert confusing cook corner cosy could cow cramped cried cross cup cups damp danced dare darling
david day dear debt delicious did different dinner dirty disappointing do doctor doctors does dog
door down dreadful driver drivers drum dry duck dull each early eat eaten eats eight eighteen
eleven else emma empty end ending evening every everybody everywhere excellent face false farmer
farmers fast fed feed feel feeling feels felix fell fellow fifteen filled find fire first fit fits
five flood floor fog follow followed food fool for forgot found four fourteen fresh friday friend
friends from front frost full game garden gardener gardeners gave generous gentle get gets given
glad gloomy go goal goat gone good got grace greasy green grey gripping group guest had hall happy
harbour hard has hat hats have he hear heard heat heavenly heavy help helped henry her here hero
hid his holds home honest hope horrible horse hot hotel hour house how hundred hungry i idea idiot
if ill in inn into iris is it jack job journey joy jumped kate keep kept key keys kind kitchen
know knows lamp lamps large larger last late laughed lazy learn leave leaves left leo less let
letter liar library light like likes line little lived loan lobby long look looked lose lost
lovely lunch made main make many map maps market match may maybe me mean meaning means message met
minus minutes missed missing monday money mood more morning most mouse moving much museum music
must my name names nasty near need neighbour neither never new news next night nights nine no
nobody noise noisy noon nor not nothing novel now number odd of often old on once one only open
opera opinion opposite or ordered other others our out over page pages painted parents park
peaceful people perfect person piano pie pig place play player please plus poem poor present price
profit pupil put puts question quick quiet race rain ran read red repaired reply report review
rice rich right ring rings river room rotten round rude runner sad said sailor salad salty same
sang sat saturday saw say says school screamed sea seat second see seen send sense sent sentence
sentences seven seventeen shabby shall shallow she short should shut sick sighed silent silly
singer singers sister six sixteen sleep slept slow small smiled snow so soft sold some somebody
something song soon sound sounded soup sour spacious speak splendid spoke sport spot spotless
stale stand stands station stayed staying stew still stopped stories storm story stranger strong
stupid such sum superb surprised sweet table take taken takes tale talked tasty tax teacher
teachers team tedious tell tells ten terrible text than thank thanked that the theatre them then
there these they thing think thirteen this thought three thrilling through thursday time times
tired to together told too took topic town trade train treasure tree trembled trophy true tuesday
turn twelve twice two ugly under until up us useless very view violin vivid waited waiting walked
wall want wants was washed way we weak wealthy weather wednesday week well went wept were wet what
when where which white who whoever whom will wind wise with witty wonderful word words worst would
write writer writes writing wrong wrote years yellow yes you young your yours yummy zero
"""
_WORDS = tuple(_LIST.split())
