//! The words of furniture, in lower case, with straight apostrophes: French and English, and what is
//! common of German, Spanish and Italian. Only tables; [`super::judge`] says how they are used.
//!
//! A stroke between blanks parts the phrases of a table: one a line would be a thousand lines.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

/// A table.
pub type Phrases = LazyLock<Table>;

/// The phrases of a table, in the order of their bytes.
#[derive(Debug)]
pub struct Table {
    phrases: Vec<&'static str>,
    /// Where the phrases begin whose first byte is this one or a later one.
    from: [u16; 257],
    longest: usize,
}

impl Table {
    /// Whether `text` is a phrase of the table.
    pub fn holds(&self, text: &str) -> bool {
        text.len() <= self.longest && self.beginning_as(text).contains(&text)
    }

    /// The phrases with which `text` begins.
    pub fn begins(&self, text: &str) -> impl Iterator<Item = &'static str> {
        self.beginning_as(text).iter().copied().filter(move |phrase| text.starts_with(*phrase))
    }

    /// The phrases whose first byte, in lower case, is that of `text`: few of many.
    pub fn beginning_as(&self, text: &str) -> &[&'static str] {
        let Some(byte) = text.bytes().next().map(|byte| usize::from(byte.to_ascii_lowercase()))
        else {
            return &[];
        };
        &self.phrases[usize::from(self.from[byte])..usize::from(self.from[byte + 1])]
    }
}

fn list(table: &'static str) -> Table {
    let mut phrases: Vec<&str> = table.split(" | ").collect();
    phrases.sort_unstable();
    let mut from = [0; 257];
    for phrase in &phrases {
        from[usize::from(phrase.as_bytes()[0]) + 1] += 1;
    }
    for byte in 1..from.len() {
        from[byte] += from[byte - 1];
    }
    Table { longest: phrases.iter().map(|phrase| phrase.len()).max().unwrap_or(0), phrases, from }
}

/// Phrases that are looked for within a line, all at once; the longest where several begin.
pub type Within = LazyLock<AhoCorasick>;

fn within(table: &'static str) -> AhoCorasick {
    AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .build(table.split(" | "))
        .expect("a table of this size can be built")
}

/// Links that skip a menu.
pub static SKIP_LINKS: Phrases = LazyLock::new(|| {
    list(
        "passer au contenu | passer au contenu principal | passer directement au contenu | \
         aller au contenu | aller au contenu principal | aller directement au contenu | \
         aller à la navigation | aller au menu | aller au menu principal | aller à la recherche | \
         retour en haut | retour en haut de page | haut de page | accès direct au contenu | \
         skip to content | skip to main content | skip to the content | skip to navigation | \
         skip to primary navigation | skip to main navigation | skip to footer | skip to search | \
         skip to primary sidebar | jump to content | jump to navigation | back to top | \
         zum inhalt springen | saltar al contenido | ir al contenido | vai al contenuto",
    )
});

/// Where posts are passed on and followed.
pub static NETWORKS: Phrases = LazyLock::new(|| {
    list(
        "facebook | twitter | x | linkedin | whatsapp | telegram | reddit | pinterest | tumblr | \
         pocket | mastodon | bluesky | threads | messenger | instagram | flipboard | viadeo | \
         skype | digg | stumbleupon | delicious | vk | vkontakte | xing | viber | snapchat | \
         instapaper | evernote | hackernews | diaspora | email | mail | courriel | sms | rss | \
         youtube | google | gmail | tiktok | discord | line | signal",
    )
});

/// Those of them that are words as well.
pub static AMBIGUOUS_NETWORKS: Phrases = LazyLock::new(|| {
    list(
        "line | mail | signal | x | pocket | threads | discord | messenger | delicious | google | \
         email | courriel | sms | rss",
    )
});

/// Words that ask to pass something on.
pub static SHARING: Phrases = LazyLock::new(|| {
    list(
        "partager | partagez | partage | partages | share | shares | sharing | tweet | tweeter | \
         tweetez | épingler | épinglez | pin | imprimer | imprimez | print | envoyer | envoyez | \
         teilen | compartir | condividi | retweet | toot | repost",
    )
});

/// Words that may stand beside them.
pub static BESIDE: Phrases = LazyLock::new(|| {
    list(
        "sur | via | par | on | to | with | this | that | cet | cette | ce | article | post | \
         page | story | l | le | la | les | lien | link | copier | copy | a | un | une | ami | \
         friend | e | in | new | window | opens | ouvre | dans | nouvelle | fenêtre | cliquez | \
         cliquer | click | clic | pour | it | et | and | ou | or | avec | vos | amis | your | \
         friends | réseaux | sociaux | social | media | networks | j | aime | ça | like | likes | \
         be | first | loading | chargement | enregistrer | save | more | plus | aimer | button | \
         bouton | buttons | boutons | s | auf | en",
    )
});

/// Lines that ask to pass something on, whole.
pub static SHARE_LINES: Phrases = LazyLock::new(|| {
    list(
        "partager cet article | partagez cet article | partager cette page | partager l'article | \
         partager ce contenu | partager ceci | partager sur les réseaux sociaux | \
         partagez sur les réseaux sociaux | partager le lien | copier le lien | copy link | \
         share this | share this article | share this post | share this story | share this page | \
         share this on | share the love | share article | share on social media | \
         sharing is caring | spread the word | j'aime ça | like this | like loading | \
         j'aime chargement | email this | blog this | blogthis | \
         email this blogthis share to twitter share to facebook share to pinterest",
    )
});

/// What a promotion asks for, in the imperative or of the reader's own: each begins a clause.
pub static ASKED: Within = LazyLock::new(|| {
    within(
        "abonnez-vous | abonnez vous | abonne-toi | s'abonner à notre | s'abonner à nos | \
         s'abonner gratuitement | inscrivez-vous | inscrivez vous | inscris-toi | \
         s'inscrire à notre | s'inscrire à nos | suivez-nous | suivez nous | suivez-moi | suivez | \
         suis-nous | suis-moi | nous suivre | me suivre | rejoignez-nous | rejoignez-moi | \
         rejoignez | rejoins | nous rejoindre | retrouvez-nous | retrouvez nous | \
         retrouvez toute | retrouvez tous | retrouvez notre | retrouvez nos | recevez | \
         ne manquez pas | ne manquez plus | ne manquez rien | ne manquez aucun | \
         ne manquez aucune | ne ratez pas | ne ratez plus | ne ratez rien | ne ratez aucun | \
         ne ratez aucune | soutenez-nous | soutenez nous | soutenez-moi | soutenez notre | \
         soutenez le site | nous soutenir | faites un don | téléchargez notre | \
         téléchargez l'application | téléchargez l'appli | subscribe to | subscribe now | \
         subscribe for | subscribe via | subscribe by | subscribe on | subscribe here | \
         subscribe today | subscribe and | sign up | signup | follow us | follow me | follow @ | \
         follow our | join us | join our | get our | get the latest | get more news | \
         get more stories | get more articles | get more like | never miss | don't miss | \
         support us | support me | support our | like us | find us | download our | \
         abonniere | abonnieren sie | newsletter abonnieren | suscríbete | iscriviti | síguenos | \
         seguici",
    )
});

/// And where.
pub static PLACES: Within = LazyLock::new(|| {
    within(
        "newsletter | infolettre | lettre d'info | lettre hebdo | google actualités | \
         google actus | google actu | google news | google discover | réseaux sociaux | \
         social media | facebook | twitter | instagram | whatsapp | telegram | discord | \
         linkedin | bluesky | mastodon | youtube | tiktok | twitch | podcast | apple news | \
         flipboard | notre chaîne | our channel | flux rss | rss feed | via rss | by email | \
         via email | par email | par e-mail | par mail | boîte mail | boîte de réception | \
         your inbox | mailing list | patreon | tipeee | ko-fi | kofi | buy me a coffee | paypal | \
         liberapay | utip | substack | notre application | notre appli | our app | bons plans | \
         paid subscriber",
    )
});

/// Promotions that need no place: the whole line.
pub static PROMOTIONS: Phrases = LazyLock::new(|| {
    list(
        "abonnez-vous | s'abonner | je m'abonne | s'abonner maintenant | s'abonner gratuitement | \
         inscription | s'inscrire | je m'inscris | newsletter | notre newsletter | \
         inscription à la newsletter | suivez-nous | suivez-moi | subscribe | subscribe now | \
         subscribe today | subscribe for free | sign up | sign up now | \
         sign up for our newsletter | follow us | follow me | votre email | votre e-mail | \
         votre adresse email | votre adresse e-mail | adresse e-mail | type your email | \
         your email address | email address | enter your email | upgrade to paid | \
         advertisement | publicité | get the app | faire un don | donate",
    )
});

/// What a line begins with that leads to another post.
pub static RELATED: Phrases = LazyLock::new(|| {
    list(
        "lire aussi | à lire aussi | a lire aussi | lire également | à lire également | \
         a lire également | à lire | lire notre article | lire notre dossier | voir aussi | \
         à voir aussi | voir également | à découvrir aussi | à découvrir | sur le même sujet | \
         sur le même thème | à relire | relire | pour aller plus loin | article précédent | \
         article suivant | read also | also read | read more | read next | see also | also see | \
         related | related article | related story | related stories | more on this | more from | \
         further reading | previous article | next article | previous post | next post | \
         recommended | up next | don't miss | lesen sie auch | lea también | leggi anche",
    )
});

/// Lines above a list of other posts, whole.
pub static RELATED_HEADS: Phrases = LazyLock::new(|| {
    list(
        "articles similaires | articles en rapport | autres articles | articles liés | \
         articles connexes | articles associés | \
         articles en relation | articles récents | à lire aussi | a lire aussi | lire aussi | \
         à lire également | lire également | voir aussi | sur le même sujet | sur le même thème | \
         dans la même rubrique | dans la même catégorie | vous aimerez aussi | \
         vous aimerez peut-être aussi | vous pourriez aussi aimer | vous pourriez aimer | \
         cela pourrait vous intéresser | ceci pourrait vous intéresser | à découvrir | \
         à découvrir aussi | nos derniers articles | les plus lus | derniers articles | related | \
         related posts | related articles | related stories | related content | related reading | \
         similar posts | similar articles | you may also like | you might also like | \
         you may be interested in | recommended for you | more stories | more articles | \
         more posts | recent posts | latest posts | most read | most popular | popular posts | \
         read more | read next | read also | see also | keep reading | trending | trackbacks | \
         rétroliens | ähnliche beiträge | articoli correlati | artículos relacionados",
    )
});

/// Lines that lead on to the whole post, whole.
pub static ONWARDS: Phrases = LazyLock::new(|| {
    list(
        "lire la suite | lire la suite de l'article | lire l'article | lire l'article complet | \
         lire plus | en savoir plus | continuer la lecture | poursuivre la lecture | \
         continue reading | read more | read the rest of this entry | read full article | \
         read the full article | read the full story | read full story | read the full post | \
         read on | view full post | permalink | to read this article in full, please click here | \
         to read the full article, please click here | view post | view comments | more | weiterlesen | leer más | \
         continua a leggere",
    )
});

/// Lines that belong to comments or to the form for them, whole or up to the end of a sentence.
pub static COMMENTING: Phrases = LazyLock::new(|| {
    list(
        "laisser un commentaire | laissez un commentaire | laisser une réponse | \
         laissez une réponse | laissez votre commentaire | poster un commentaire | \
         postez un commentaire | publier un commentaire | ajouter un commentaire | \
         écrire un commentaire | rédiger un commentaire | déposer un commentaire | \
         annuler la réponse | votre commentaire | les commentaires sont fermés | \
         les commentaires sont clos | les commentaires sont désactivés | commentaires fermés | \
         commentaires désactivés | soyez le premier à commenter | soyez le premier à réagir | \
         soyez la première personne à commenter | réagir à cet article | \
         soyez le premier à commenter cet article | soyez le premier à réagir à cet article | \
         connectez-vous pour commenter | connectez-vous pour laisser un commentaire | \
         vous devez être connecté pour commenter | \
         vous devez être connecté pour publier un commentaire | \
         vous devez être connecté pour poster un commentaire | \
         vous devez être connecté pour laisser un commentaire | \
         vous devez être connecté pour rédiger un commentaire | \
         vous devez être connecté pour ajouter un commentaire | \
         vous devez vous connecter pour commenter | \
         vous devez vous connecter pour publier un commentaire | \
         vous devez vous connecter pour laisser un commentaire | identifiez-vous pour commenter | \
         votre adresse e-mail ne sera pas publiée | \
         votre adresse de messagerie ne sera pas publiée | leave a comment | leave a reply | \
         leave your comment | post a comment | post your comment | add a comment | \
         add your comment | write a comment | make a comment | cancel reply | \
         be the first to comment | comments are closed | comments are disabled | \
         comments are off | comments closed | comments off | be the first to comment on this | \
         be the first to comment on this article | be the first to comment on this post | \
         you must be logged in to comment | you must be logged in to post a comment | \
         you must be logged in to leave a comment | you must be logged in to reply | \
         you must be logged in to leave a reply | you must log in to post a comment | \
         log in to comment | login to comment | sign in to comment | \
         your email address will not be published | join the conversation | join the discussion | \
         hinterlasse einen kommentar | schreibe einen kommentar | kommentar hinterlassen | \
         deja un comentario | deja una respuesta | lascia un commento",
    )
});

/// What a line begins with that says that a post has no comments, and names it.
pub static COMMENTS_OFF: Phrases =
    LazyLock::new(|| list("comments off on | commentaires fermés sur"));

/// The fields of a form for comments, whole.
pub static FORM_FIELDS: Phrases = LazyLock::new(|| {
    list(
        "nom | name | e-mail | email | mail | courriel | adresse e-mail | email address | \
         site web | site | website | url | message | votre nom | votre e-mail | your name | \
         your email | your comment | envoyer | publier | submit | post comment | send | \
         les champs obligatoires sont indiqués avec | required fields are marked | \
         enregistrer mon nom, mon e-mail et mon site dans le navigateur pour mon prochain \
         commentaire | \
         save my name, email, and website in this browser for the next time i comment",
    )
});

/// What is counted above comments.
pub static COMMENTS: Phrases = LazyLock::new(|| {
    list(
        "commentaire | commentaires | comment | comments | kommentar | kommentare | comentario | \
         comentarios | commento | commenti",
    )
});

/// What else is counted there, if the title of the post follows in quotes.
pub static RESPONSES: Phrases = LazyLock::new(|| {
    list(
        "réponse | réponses | réflexion | réflexions | réaction | réactions | avis | response | \
         responses | reply | replies | thought | thoughts | commentaire | commentaires | \
         comment | comments",
    )
});

/// What stands on switches of a page's look, whole.
pub static SWITCHES: Phrases = LazyLock::new(|| {
    list(
        "mode | mode sombre | mode clair | mode nuit | mode jour | mode lecture | mode zen | \
         thème sombre | thème clair | thème | changer de thème | changer le thème | \
         activer le mode sombre | basculer en mode sombre | passer en mode sombre | \
         clair sombre | clair sombre auto | dark mode | light mode | night mode | \
         toggle dark mode | toggle theme | switch theme | switch to dark mode | change theme | \
         dark light | light dark | light dark auto | dark theme | light theme",
    )
});

/// Classes of elements that are furniture as a whole: what they are called, or begin with where a
/// `*` ends them.
pub static COMMENT_MARKS: Phrases = LazyLock::new(|| {
    list(
        "comments | comments-area | comments-section | comments-wrapper | comments-container | \
         commentlist | comment-list | comment-respond | comment-form | commentform | respond | \
         disqus* | dsq-* | fb-comments | wpdiscuz* | wpd-* | post-comments | article-comments",
    )
});

/// The same, of buttons to share.
pub static SHARE_MARKS: Phrases = LazyLock::new(|| {
    list(
        "sharedaddy | sd-sharing* | jp-sharing* | addtoany* | a2a_kit | addthis* | shariff* | \
         social-share | social-sharing | share-buttons | share-button | share-links | sharing | \
         share-bar | share-post | post-share | post-sharing | entry-share | article-share | \
         feedflare | ssba* | heateor* | shareaholic* | sfsi* | swp_social_panel | juiz_sps* | \
         jp-likes* | sd-like* | wp-block-outermost-social-sharing",
    )
});

/// The same, of links to other posts.
pub static RELATED_MARKS: Phrases = LazyLock::new(|| {
    list(
        "more-link | read-more | wp-block-read-more | jp-relatedposts* | yarpp* | related-posts | \
         relatedposts | related_posts | \
         related-post | related-articles | related-content | related-links | related-stories | \
         crp_related | wp-block-jetpack-related-posts | outbrain* | taboola* | zergnet* | \
         rp4wp* | post-navigation | nav-links | wp_rp* | read-also | lire-aussi | read-more-link",
    )
});

/// The same, of promotions.
pub static PROMOTION_MARKS: Phrases = LazyLock::new(|| {
    list(
        "newsletter-signup | newsletter-form | newsletter-box | newsletter-block | \
         newsletter-cta | mc4wp-form* | mc_embed_signup | wp-block-jetpack-subscriptions* | \
         jetpack_subscription_widget | subscription-widget* | subscribe-widget | subscribe-form | \
         subscribe-box | adsbygoogle | advertisement | adsense | ad-container | \
         google-auto-placed | sponsored-content | patreon-widget | wp-block-newsletterglue*",
    )
});

/// Those of these names that are ids as well and that no heading gives; so are all with `_`.
pub static PLUGIN_IDS: Phrases =
    LazyLock::new(|| list("commentform | commentlist | sharedaddy | jp-relatedposts"));

/// The same, of links that skip a menu.
pub static SKIP_MARKS: Phrases =
    LazyLock::new(|| list("skip-link | skip-links | skiplink | skiplinks | skip-to-content"));
