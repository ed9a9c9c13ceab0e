using System.Xml.Linq;

namespace Iommu.Tests.Cli.Html;

/// <summary>Checks a page and gives its elements.</summary>
public static class Page
{
    /// <summary>Fails when the page is not well-formed, or names anything outside itself.</summary>
    public static XElement Parse(string html)
    {
        Assert.StartsWith("<!DOCTYPE html>", html);
        var page = XElement.Parse(html["<!DOCTYPE html>".Length..]);
        Assert.DoesNotContain(page.DescendantsAndSelf(), e => e.Name.LocalName is "script" or "link" or "img" or "iframe" or "object");
        Assert.DoesNotContain(page.DescendantsAndSelf().Attributes(), a => a.Name.LocalName is "src" or "href" or "srcset");
        Assert.DoesNotContain("url(", html);
        Assert.DoesNotContain("@import", html);
        Assert.DoesNotContain("NaN", html);
        return page;
    }

    public static XElement Read(string path) => Parse(File.ReadAllText(path));
}
