<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis simplifyDrawingTol="1" simplifyLocal="1" simplifyDrawingHints="1" simplifyAlgorithm="0" simplifyMaxScale="1" symbologyReferenceScale="-1" minScale="100000000" version="3.22.16-Białowieża" styleCategories="Symbology|Fields|Forms|MapTips|Rendering" hasScaleBasedVisibilityFlag="0" maxScale="0">
  <renderer-v2 type="RuleRenderer" referencescale="-1" enableorderby="0" forceraster="0" symbollevels="0">
    <rules key="inventory">
      <rule filter="coalesce(&quot;review_status&quot;, 'unreviewed') = 'unreviewed' AND &quot;prob_mean&quot; - &quot;prob_std&quot; &lt; &quot;threshold&quot;" symbol="0" label="unreviewed, disputed by the runs" key="unreviewed, disputed by the runs"/>
      <rule filter="coalesce(&quot;review_status&quot;, 'unreviewed') = 'unreviewed' AND &quot;prob_mean&quot; &lt; 0.5" symbol="1" label="unreviewed, possible (below 0.5)" key="unreviewed, possible (below 0.5)"/>
      <rule filter="coalesce(&quot;review_status&quot;, 'unreviewed') = 'unreviewed' AND &quot;prob_mean&quot; >= 0.5 AND &quot;prob_mean&quot; &lt; 0.7" symbol="2" label="unreviewed, probable (0.5 to 0.7)" key="unreviewed, probable (0.5 to 0.7)"/>
      <rule filter="coalesce(&quot;review_status&quot;, 'unreviewed') = 'unreviewed' AND &quot;prob_mean&quot; >= 0.7 AND &quot;prob_mean&quot; &lt; 0.9" symbol="3" label="unreviewed, likely (0.7 to 0.9)" key="unreviewed, likely (0.7 to 0.9)"/>
      <rule filter="coalesce(&quot;review_status&quot;, 'unreviewed') = 'unreviewed' AND &quot;prob_mean&quot; >= 0.9" symbol="4" label="unreviewed, confident (0.9 and more)" key="unreviewed, confident (0.9 and more)"/>
      <rule filter="&quot;review_status&quot; = 'accepted'" symbol="5" label="accepted" key="accepted"/>
      <rule filter="&quot;review_status&quot; = 'edited'" symbol="6" label="edited" key="edited"/>
      <rule filter="&quot;review_status&quot; = 'rejected'" symbol="7" label="rejected" key="rejected"/>
      <rule filter="ELSE" symbol="8" label="unknown" key="unknown"/>
    </rules>
    <symbols>
      <symbol type="fill" force_rhr="0" clip_to_extent="1" alpha="1" name="0">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" name="name" value=""/>
            <Option name="properties"/>
            <Option type="QString" name="type" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleFill" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option type="QString" name="border_width_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="color" value="255,255,255,30"/>
            <Option type="QString" name="joinstyle" value="bevel"/>
            <Option type="QString" name="offset" value="0,0"/>
            <Option type="QString" name="offset_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="offset_unit" value="MM"/>
            <Option type="QString" name="outline_color" value="255,255,255,255"/>
            <Option type="QString" name="outline_style" value="solid"/>
            <Option type="QString" name="outline_width" value="1.1"/>
            <Option type="QString" name="outline_width_unit" value="MM"/>
            <Option type="QString" name="style" value="no"/>
          </Option>
          <prop k="border_width_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="color" v="255,255,255,30"/>
          <prop k="joinstyle" v="bevel"/>
          <prop k="offset" v="0,0"/>
          <prop k="offset_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="offset_unit" v="MM"/>
          <prop k="outline_color" v="255,255,255,255"/>
          <prop k="outline_style" v="solid"/>
          <prop k="outline_width" v="1.1"/>
          <prop k="outline_width_unit" v="MM"/>
          <prop k="style" v="no"/>
          <data_defined_properties>
            <Option type="Map">
              <Option type="QString" name="name" value=""/>
              <Option name="properties"/>
              <Option type="QString" name="type" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol type="fill" force_rhr="0" clip_to_extent="1" alpha="1" name="1">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" name="name" value=""/>
            <Option name="properties"/>
            <Option type="QString" name="type" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleFill" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option type="QString" name="border_width_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="color" value="255,224,102,30"/>
            <Option type="QString" name="joinstyle" value="bevel"/>
            <Option type="QString" name="offset" value="0,0"/>
            <Option type="QString" name="offset_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="offset_unit" value="MM"/>
            <Option type="QString" name="outline_color" value="255,224,102,255"/>
            <Option type="QString" name="outline_style" value="solid"/>
            <Option type="QString" name="outline_width" value="0.4"/>
            <Option type="QString" name="outline_width_unit" value="MM"/>
            <Option type="QString" name="style" value="solid"/>
          </Option>
          <prop k="border_width_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="color" v="255,224,102,30"/>
          <prop k="joinstyle" v="bevel"/>
          <prop k="offset" v="0,0"/>
          <prop k="offset_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="offset_unit" v="MM"/>
          <prop k="outline_color" v="255,224,102,255"/>
          <prop k="outline_style" v="solid"/>
          <prop k="outline_width" v="0.4"/>
          <prop k="outline_width_unit" v="MM"/>
          <prop k="style" v="solid"/>
          <data_defined_properties>
            <Option type="Map">
              <Option type="QString" name="name" value=""/>
              <Option name="properties"/>
              <Option type="QString" name="type" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol type="fill" force_rhr="0" clip_to_extent="1" alpha="1" name="2">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" name="name" value=""/>
            <Option name="properties"/>
            <Option type="QString" name="type" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleFill" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option type="QString" name="border_width_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="color" value="255,159,28,30"/>
            <Option type="QString" name="joinstyle" value="bevel"/>
            <Option type="QString" name="offset" value="0,0"/>
            <Option type="QString" name="offset_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="offset_unit" value="MM"/>
            <Option type="QString" name="outline_color" value="255,159,28,255"/>
            <Option type="QString" name="outline_style" value="solid"/>
            <Option type="QString" name="outline_width" value="0.4"/>
            <Option type="QString" name="outline_width_unit" value="MM"/>
            <Option type="QString" name="style" value="solid"/>
          </Option>
          <prop k="border_width_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="color" v="255,159,28,30"/>
          <prop k="joinstyle" v="bevel"/>
          <prop k="offset" v="0,0"/>
          <prop k="offset_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="offset_unit" v="MM"/>
          <prop k="outline_color" v="255,159,28,255"/>
          <prop k="outline_style" v="solid"/>
          <prop k="outline_width" v="0.4"/>
          <prop k="outline_width_unit" v="MM"/>
          <prop k="style" v="solid"/>
          <data_defined_properties>
            <Option type="Map">
              <Option type="QString" name="name" value=""/>
              <Option name="properties"/>
              <Option type="QString" name="type" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol type="fill" force_rhr="0" clip_to_extent="1" alpha="1" name="3">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" name="name" value=""/>
            <Option name="properties"/>
            <Option type="QString" name="type" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleFill" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option type="QString" name="border_width_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="color" value="240,59,32,30"/>
            <Option type="QString" name="joinstyle" value="bevel"/>
            <Option type="QString" name="offset" value="0,0"/>
            <Option type="QString" name="offset_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="offset_unit" value="MM"/>
            <Option type="QString" name="outline_color" value="240,59,32,255"/>
            <Option type="QString" name="outline_style" value="solid"/>
            <Option type="QString" name="outline_width" value="0.4"/>
            <Option type="QString" name="outline_width_unit" value="MM"/>
            <Option type="QString" name="style" value="solid"/>
          </Option>
          <prop k="border_width_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="color" v="240,59,32,30"/>
          <prop k="joinstyle" v="bevel"/>
          <prop k="offset" v="0,0"/>
          <prop k="offset_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="offset_unit" v="MM"/>
          <prop k="outline_color" v="240,59,32,255"/>
          <prop k="outline_style" v="solid"/>
          <prop k="outline_width" v="0.4"/>
          <prop k="outline_width_unit" v="MM"/>
          <prop k="style" v="solid"/>
          <data_defined_properties>
            <Option type="Map">
              <Option type="QString" name="name" value=""/>
              <Option name="properties"/>
              <Option type="QString" name="type" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol type="fill" force_rhr="0" clip_to_extent="1" alpha="1" name="4">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" name="name" value=""/>
            <Option name="properties"/>
            <Option type="QString" name="type" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleFill" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option type="QString" name="border_width_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="color" value="214,0,122,30"/>
            <Option type="QString" name="joinstyle" value="bevel"/>
            <Option type="QString" name="offset" value="0,0"/>
            <Option type="QString" name="offset_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="offset_unit" value="MM"/>
            <Option type="QString" name="outline_color" value="214,0,122,255"/>
            <Option type="QString" name="outline_style" value="solid"/>
            <Option type="QString" name="outline_width" value="0.4"/>
            <Option type="QString" name="outline_width_unit" value="MM"/>
            <Option type="QString" name="style" value="solid"/>
          </Option>
          <prop k="border_width_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="color" v="214,0,122,30"/>
          <prop k="joinstyle" v="bevel"/>
          <prop k="offset" v="0,0"/>
          <prop k="offset_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="offset_unit" v="MM"/>
          <prop k="outline_color" v="214,0,122,255"/>
          <prop k="outline_style" v="solid"/>
          <prop k="outline_width" v="0.4"/>
          <prop k="outline_width_unit" v="MM"/>
          <prop k="style" v="solid"/>
          <data_defined_properties>
            <Option type="Map">
              <Option type="QString" name="name" value=""/>
              <Option name="properties"/>
              <Option type="QString" name="type" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol type="fill" force_rhr="0" clip_to_extent="1" alpha="1" name="5">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" name="name" value=""/>
            <Option name="properties"/>
            <Option type="QString" name="type" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleFill" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option type="QString" name="border_width_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="color" value="0,213,255,30"/>
            <Option type="QString" name="joinstyle" value="bevel"/>
            <Option type="QString" name="offset" value="0,0"/>
            <Option type="QString" name="offset_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="offset_unit" value="MM"/>
            <Option type="QString" name="outline_color" value="0,213,255,255"/>
            <Option type="QString" name="outline_style" value="solid"/>
            <Option type="QString" name="outline_width" value="0.4"/>
            <Option type="QString" name="outline_width_unit" value="MM"/>
            <Option type="QString" name="style" value="solid"/>
          </Option>
          <prop k="border_width_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="color" v="0,213,255,30"/>
          <prop k="joinstyle" v="bevel"/>
          <prop k="offset" v="0,0"/>
          <prop k="offset_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="offset_unit" v="MM"/>
          <prop k="outline_color" v="0,213,255,255"/>
          <prop k="outline_style" v="solid"/>
          <prop k="outline_width" v="0.4"/>
          <prop k="outline_width_unit" v="MM"/>
          <prop k="style" v="solid"/>
          <data_defined_properties>
            <Option type="Map">
              <Option type="QString" name="name" value=""/>
              <Option name="properties"/>
              <Option type="QString" name="type" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol type="fill" force_rhr="0" clip_to_extent="1" alpha="1" name="6">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" name="name" value=""/>
            <Option name="properties"/>
            <Option type="QString" name="type" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleFill" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option type="QString" name="border_width_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="color" value="177,140,255,30"/>
            <Option type="QString" name="joinstyle" value="bevel"/>
            <Option type="QString" name="offset" value="0,0"/>
            <Option type="QString" name="offset_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="offset_unit" value="MM"/>
            <Option type="QString" name="outline_color" value="177,140,255,255"/>
            <Option type="QString" name="outline_style" value="solid"/>
            <Option type="QString" name="outline_width" value="0.4"/>
            <Option type="QString" name="outline_width_unit" value="MM"/>
            <Option type="QString" name="style" value="solid"/>
          </Option>
          <prop k="border_width_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="color" v="177,140,255,30"/>
          <prop k="joinstyle" v="bevel"/>
          <prop k="offset" v="0,0"/>
          <prop k="offset_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="offset_unit" v="MM"/>
          <prop k="outline_color" v="177,140,255,255"/>
          <prop k="outline_style" v="solid"/>
          <prop k="outline_width" v="0.4"/>
          <prop k="outline_width_unit" v="MM"/>
          <prop k="style" v="solid"/>
          <data_defined_properties>
            <Option type="Map">
              <Option type="QString" name="name" value=""/>
              <Option name="properties"/>
              <Option type="QString" name="type" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol type="fill" force_rhr="0" clip_to_extent="1" alpha="1" name="7">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" name="name" value=""/>
            <Option name="properties"/>
            <Option type="QString" name="type" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleFill" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option type="QString" name="border_width_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="color" value="187,187,187,30"/>
            <Option type="QString" name="joinstyle" value="bevel"/>
            <Option type="QString" name="offset" value="0,0"/>
            <Option type="QString" name="offset_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="offset_unit" value="MM"/>
            <Option type="QString" name="outline_color" value="187,187,187,255"/>
            <Option type="QString" name="outline_style" value="dot"/>
            <Option type="QString" name="outline_width" value="0.4"/>
            <Option type="QString" name="outline_width_unit" value="MM"/>
            <Option type="QString" name="style" value="no"/>
          </Option>
          <prop k="border_width_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="color" v="187,187,187,30"/>
          <prop k="joinstyle" v="bevel"/>
          <prop k="offset" v="0,0"/>
          <prop k="offset_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="offset_unit" v="MM"/>
          <prop k="outline_color" v="187,187,187,255"/>
          <prop k="outline_style" v="dot"/>
          <prop k="outline_width" v="0.4"/>
          <prop k="outline_width_unit" v="MM"/>
          <prop k="style" v="no"/>
          <data_defined_properties>
            <Option type="Map">
              <Option type="QString" name="name" value=""/>
              <Option name="properties"/>
              <Option type="QString" name="type" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol type="fill" force_rhr="0" clip_to_extent="1" alpha="1" name="8">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" name="name" value=""/>
            <Option name="properties"/>
            <Option type="QString" name="type" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleFill" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option type="QString" name="border_width_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="color" value="255,255,255,30"/>
            <Option type="QString" name="joinstyle" value="bevel"/>
            <Option type="QString" name="offset" value="0,0"/>
            <Option type="QString" name="offset_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="offset_unit" value="MM"/>
            <Option type="QString" name="outline_color" value="255,255,255,255"/>
            <Option type="QString" name="outline_style" value="solid"/>
            <Option type="QString" name="outline_width" value="0.4"/>
            <Option type="QString" name="outline_width_unit" value="MM"/>
            <Option type="QString" name="style" value="solid"/>
          </Option>
          <prop k="border_width_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="color" v="255,255,255,30"/>
          <prop k="joinstyle" v="bevel"/>
          <prop k="offset" v="0,0"/>
          <prop k="offset_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="offset_unit" v="MM"/>
          <prop k="outline_color" v="255,255,255,255"/>
          <prop k="outline_style" v="solid"/>
          <prop k="outline_width" v="0.4"/>
          <prop k="outline_width_unit" v="MM"/>
          <prop k="style" v="solid"/>
          <data_defined_properties>
            <Option type="Map">
              <Option type="QString" name="name" value=""/>
              <Option name="properties"/>
              <Option type="QString" name="type" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
    </symbols>
  </renderer-v2>
  <blendMode>0</blendMode>
  <featureBlendMode>0</featureBlendMode>
  <layerOpacity>1</layerOpacity>
  <fieldConfiguration>
    <field name="id" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="area_m2" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="perimeter_m" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="length_m" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="width_m" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="elongation" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="compactness" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="pixel_count" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="prob_mean" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="prob_max" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="prob_p10" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="prob_std" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="touches_edge" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="neighb_m" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="lon" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="lat" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="z_max" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="z_min" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="height_m" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="travel_m" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="h_l" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="reach_deg" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="crown_lon" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="crown_lat" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="toe_lon" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="toe_lat" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="slope_mean" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="slope_max" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="aspect_deg" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="curvature" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="model" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="model_version" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="model_sha" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="threshold" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="source" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="product_id" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="pre_date" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="image_date" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="run_date" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="landslip" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="method" configurationFlags="None">
      <editWidget type="ValueMap">
        <config>
          <Option type="Map">
            <Option type="List" name="map">
              <Option type="Map">
                <Option type="QString" name="" value="{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="automatic" value="automatic"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="semi-automatic" value="semi-automatic"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="manual" value="manual"/>
              </Option>
            </Option>
          </Option>
        </config>
      </editWidget>
    </field>
    <field name="review_status" configurationFlags="None">
      <editWidget type="ValueMap">
        <config>
          <Option type="Map">
            <Option type="List" name="map">
              <Option type="Map">
                <Option type="QString" name="" value="{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="unreviewed" value="unreviewed"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="accepted" value="accepted"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="edited" value="edited"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="rejected" value="rejected"/>
              </Option>
            </Option>
          </Option>
        </config>
      </editWidget>
    </field>
    <field name="ls_type" configurationFlags="None">
      <editWidget type="ValueMap">
        <config>
          <Option type="Map">
            <Option type="List" name="map">
              <Option type="Map">
                <Option type="QString" name="" value="{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="fall" value="fall"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="topple" value="topple"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="slide" value="slide"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="rotational slide" value="rotational slide"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="translational slide" value="translational slide"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="spread" value="spread"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="flow" value="flow"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="complex" value="complex"/>
              </Option>
            </Option>
          </Option>
        </config>
      </editWidget>
    </field>
    <field name="material" configurationFlags="None">
      <editWidget type="ValueMap">
        <config>
          <Option type="Map">
            <Option type="List" name="map">
              <Option type="Map">
                <Option type="QString" name="" value="{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="rock" value="rock"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="debris" value="debris"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="earth" value="earth"/>
              </Option>
            </Option>
          </Option>
        </config>
      </editWidget>
    </field>
    <field name="activity" configurationFlags="None">
      <editWidget type="ValueMap">
        <config>
          <Option type="Map">
            <Option type="List" name="map">
              <Option type="Map">
                <Option type="QString" name="" value="{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="active" value="active"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="suspended" value="suspended"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="reactivated" value="reactivated"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="dormant" value="dormant"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="abandoned" value="abandoned"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="stabilised" value="stabilised"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="relict" value="relict"/>
              </Option>
            </Option>
          </Option>
        </config>
      </editWidget>
    </field>
    <field name="trigger" configurationFlags="None">
      <editWidget type="ValueMap">
        <config>
          <Option type="Map">
            <Option type="List" name="map">
              <Option type="Map">
                <Option type="QString" name="" value="{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="rainfall" value="rainfall"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="earthquake" value="earthquake"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="snowmelt" value="snowmelt"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="volcanic activity" value="volcanic activity"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="human activity" value="human activity"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="deforestation" value="deforestation"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="wildfire" value="wildfire"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="other natural cause" value="other natural cause"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="unknown" value="unknown"/>
              </Option>
            </Option>
          </Option>
        </config>
      </editWidget>
    </field>
    <field name="confidence" configurationFlags="None">
      <editWidget type="ValueMap">
        <config>
          <Option type="Map">
            <Option type="List" name="map">
              <Option type="Map">
                <Option type="QString" name="" value="{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="possible" value="possible"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="probable" value="probable"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="likely" value="likely"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="confident" value="confident"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="high" value="high"/>
              </Option>
            </Option>
          </Option>
        </config>
      </editWidget>
    </field>
    <field name="conf_hint" configurationFlags="None">
      <editWidget type="ValueMap">
        <config>
          <Option type="Map">
            <Option type="List" name="map">
              <Option type="Map">
                <Option type="QString" name="" value="{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="possible" value="possible"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="probable" value="probable"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="likely" value="likely"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="confident" value="confident"/>
              </Option>
            </Option>
          </Option>
        </config>
      </editWidget>
    </field>
    <field name="event_date" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="notes" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option type="Map">
            <Option type="bool" name="IsMultiline" value="true"/>
          </Option>
        </config>
      </editWidget>
    </field>
    <field name="reviewer" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="reviewed_at" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="evidence" configurationFlags="None">
      <editWidget type="ValueMap">
        <config>
          <Option type="Map">
            <Option type="List" name="map">
              <Option type="Map">
                <Option type="QString" name="" value="{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="new" value="new"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="seen before" value="seen before"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="cloud or shadow" value="cloud or shadow"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="unknown" value="unknown"/>
              </Option>
            </Option>
          </Option>
        </config>
      </editWidget>
    </field>
    <field name="new_score" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="new_share" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="seen_share" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="dndvi" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="dndvi_ring" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="dbsi" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="dbsi_ring" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="drg" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="drg_ring" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="date_min" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="date_max" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="date_conf" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="date_note" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="change" configurationFlags="None">
      <editWidget type="ValueMap">
        <config>
          <Option type="Map">
            <Option type="List" name="map">
              <Option type="Map">
                <Option type="QString" name="" value="{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="unchanged" value="unchanged"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="enlarged" value="enlarged"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="reactivated" value="reactivated"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="shrunk" value="shrunk"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="revegetating" value="revegetating"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="new" value="new"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="possibly new" value="possibly new"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="no longer visible" value="no longer visible"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="possibly gone" value="possibly gone"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="not comparable" value="not comparable"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="not found by the model" value="not found by the model"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="new to the model" value="new to the model"/>
              </Option>
            </Option>
          </Option>
        </config>
      </editWidget>
    </field>
    <field name="survey" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="survey_by" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="first_seen" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="last_seen" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="seen_id" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="seen_m2" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="history" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option type="Map">
            <Option type="bool" name="IsMultiline" value="true"/>
          </Option>
        </config>
      </editWidget>
    </field>
  </fieldConfiguration>
  <aliases>
    <alias name="Name" field="id" index="0"/>
    <alias name="Area (m²)" field="area_m2" index="1"/>
    <alias name="Perimeter (m)" field="perimeter_m" index="2"/>
    <alias name="Length down the slope (m)" field="length_m" index="3"/>
    <alias name="Width across the slope (m)" field="width_m" index="4"/>
    <alias name="Elongation" field="elongation" index="5"/>
    <alias name="Compactness" field="compactness" index="6"/>
    <alias name="Pixels" field="pixel_count" index="7"/>
    <alias name="Mean probability" field="prob_mean" index="8"/>
    <alias name="Highest probability" field="prob_max" index="9"/>
    <alias name="Lowest tenth of the probability" field="prob_p10" index="10"/>
    <alias name="Spread of the probability" field="prob_std" index="11"/>
    <alias name="Cut off at an edge" field="touches_edge" index="12"/>
    <alias name="Distance to the next one (m)" field="neighb_m" index="13"/>
    <alias name="Longitude (°)" field="lon" index="14"/>
    <alias name="Latitude (°)" field="lat" index="15"/>
    <alias name="Elevation of the crown (m)" field="z_max" index="16"/>
    <alias name="Elevation of the toe (m)" field="z_min" index="17"/>
    <alias name="Height H (m)" field="height_m" index="18"/>
    <alias name="Distance L (m)" field="travel_m" index="19"/>
    <alias name="H / L" field="h_l" index="20"/>
    <alias name="Reach angle (°)" field="reach_deg" index="21"/>
    <alias name="Longitude of the crown (°)" field="crown_lon" index="22"/>
    <alias name="Latitude of the crown (°)" field="crown_lat" index="23"/>
    <alias name="Longitude of the toe (°)" field="toe_lon" index="24"/>
    <alias name="Latitude of the toe (°)" field="toe_lat" index="25"/>
    <alias name="Mean slope (°)" field="slope_mean" index="26"/>
    <alias name="Steepest slope (°)" field="slope_max" index="27"/>
    <alias name="Aspect (°)" field="aspect_deg" index="28"/>
    <alias name="Mean curvature (1/m)" field="curvature" index="29"/>
    <alias name="Model" field="model" index="30"/>
    <alias name="Model version" field="model_version" index="31"/>
    <alias name="Model checksum" field="model_sha" index="32"/>
    <alias name="Threshold" field="threshold" index="33"/>
    <alias name="Stack" field="source" index="34"/>
    <alias name="Satellite product" field="product_id" index="35"/>
    <alias name="Image before" field="pre_date" index="36"/>
    <alias name="Image" field="image_date" index="37"/>
    <alias name="Date of detection" field="run_date" index="38"/>
    <alias name="Version of Landslip" field="landslip" index="39"/>
    <alias name="Method" field="method" index="40"/>
    <alias name="Review status" field="review_status" index="41"/>
    <alias name="Type of movement" field="ls_type" index="42"/>
    <alias name="Material" field="material" index="43"/>
    <alias name="Activity" field="activity" index="44"/>
    <alias name="Trigger" field="trigger" index="45"/>
    <alias name="Confidence" field="confidence" index="46"/>
    <alias name="Confidence that the probability suggests" field="conf_hint" index="47"/>
    <alias name="Date of the landslide" field="event_date" index="48"/>
    <alias name="Remarks" field="notes" index="49"/>
    <alias name="Reviewer" field="reviewer" index="50"/>
    <alias name="Time of the review (UTC)" field="reviewed_at" index="51"/>
    <alias name="Evidence of change" field="evidence" index="52"/>
    <alias name="Change against its ring, in usual changes" field="new_score" index="53"/>
    <alias name="New share of its contrast" field="new_share" index="54"/>
    <alias name="Share that both images show" field="seen_share" index="55"/>
    <alias name="Change of NDVI" field="dndvi" index="56"/>
    <alias name="Change of NDVI around" field="dndvi_ring" index="57"/>
    <alias name="Change of the bare soil index" field="dbsi" index="58"/>
    <alias name="Change of the bare soil index around" field="dbsi_ring" index="59"/>
    <alias name="Change of red over green" field="drg" index="60"/>
    <alias name="Change of red over green around" field="drg_ring" index="61"/>
    <alias name="Last image without it" field="date_min" index="62"/>
    <alias name="First image with it" field="date_max" index="63"/>
    <alias name="How sure the dates are" field="date_conf" index="64"/>
    <alias name="What the images show" field="date_note" index="65"/>
    <alias name="Change" field="change" index="66"/>
    <alias name="Last survey" field="survey" index="67"/>
    <alias name="Model, threshold and image of the last survey" field="survey_by" index="68"/>
    <alias name="First seen" field="first_seen" index="69"/>
    <alias name="Last seen" field="last_seen" index="70"/>
    <alias name="Ids in the last detection" field="seen_id" index="71"/>
    <alias name="Area in the last detection (m²)" field="seen_m2" index="72"/>
    <alias name="History" field="history" index="73"/>
  </aliases>
  <defaults>
    <default expression="" field="id" applyOnUpdate="0"/>
    <default expression="" field="area_m2" applyOnUpdate="0"/>
    <default expression="" field="perimeter_m" applyOnUpdate="0"/>
    <default expression="" field="length_m" applyOnUpdate="0"/>
    <default expression="" field="width_m" applyOnUpdate="0"/>
    <default expression="" field="elongation" applyOnUpdate="0"/>
    <default expression="" field="compactness" applyOnUpdate="0"/>
    <default expression="" field="pixel_count" applyOnUpdate="0"/>
    <default expression="" field="prob_mean" applyOnUpdate="0"/>
    <default expression="" field="prob_max" applyOnUpdate="0"/>
    <default expression="" field="prob_p10" applyOnUpdate="0"/>
    <default expression="" field="prob_std" applyOnUpdate="0"/>
    <default expression="" field="touches_edge" applyOnUpdate="0"/>
    <default expression="" field="neighb_m" applyOnUpdate="0"/>
    <default expression="" field="lon" applyOnUpdate="0"/>
    <default expression="" field="lat" applyOnUpdate="0"/>
    <default expression="" field="z_max" applyOnUpdate="0"/>
    <default expression="" field="z_min" applyOnUpdate="0"/>
    <default expression="" field="height_m" applyOnUpdate="0"/>
    <default expression="" field="travel_m" applyOnUpdate="0"/>
    <default expression="" field="h_l" applyOnUpdate="0"/>
    <default expression="" field="reach_deg" applyOnUpdate="0"/>
    <default expression="" field="crown_lon" applyOnUpdate="0"/>
    <default expression="" field="crown_lat" applyOnUpdate="0"/>
    <default expression="" field="toe_lon" applyOnUpdate="0"/>
    <default expression="" field="toe_lat" applyOnUpdate="0"/>
    <default expression="" field="slope_mean" applyOnUpdate="0"/>
    <default expression="" field="slope_max" applyOnUpdate="0"/>
    <default expression="" field="aspect_deg" applyOnUpdate="0"/>
    <default expression="" field="curvature" applyOnUpdate="0"/>
    <default expression="" field="model" applyOnUpdate="0"/>
    <default expression="" field="model_version" applyOnUpdate="0"/>
    <default expression="" field="model_sha" applyOnUpdate="0"/>
    <default expression="" field="threshold" applyOnUpdate="0"/>
    <default expression="" field="source" applyOnUpdate="0"/>
    <default expression="" field="product_id" applyOnUpdate="0"/>
    <default expression="" field="pre_date" applyOnUpdate="0"/>
    <default expression="" field="image_date" applyOnUpdate="0"/>
    <default expression="" field="run_date" applyOnUpdate="0"/>
    <default expression="" field="landslip" applyOnUpdate="0"/>
    <default expression="" field="method" applyOnUpdate="0"/>
    <default expression="" field="review_status" applyOnUpdate="0"/>
    <default expression="" field="ls_type" applyOnUpdate="0"/>
    <default expression="" field="material" applyOnUpdate="0"/>
    <default expression="" field="activity" applyOnUpdate="0"/>
    <default expression="" field="trigger" applyOnUpdate="0"/>
    <default expression="" field="confidence" applyOnUpdate="0"/>
    <default expression="" field="conf_hint" applyOnUpdate="0"/>
    <default expression="" field="event_date" applyOnUpdate="0"/>
    <default expression="" field="notes" applyOnUpdate="0"/>
    <default expression="" field="reviewer" applyOnUpdate="0"/>
    <default expression="" field="reviewed_at" applyOnUpdate="0"/>
    <default expression="" field="evidence" applyOnUpdate="0"/>
    <default expression="" field="new_score" applyOnUpdate="0"/>
    <default expression="" field="new_share" applyOnUpdate="0"/>
    <default expression="" field="seen_share" applyOnUpdate="0"/>
    <default expression="" field="dndvi" applyOnUpdate="0"/>
    <default expression="" field="dndvi_ring" applyOnUpdate="0"/>
    <default expression="" field="dbsi" applyOnUpdate="0"/>
    <default expression="" field="dbsi_ring" applyOnUpdate="0"/>
    <default expression="" field="drg" applyOnUpdate="0"/>
    <default expression="" field="drg_ring" applyOnUpdate="0"/>
    <default expression="" field="date_min" applyOnUpdate="0"/>
    <default expression="" field="date_max" applyOnUpdate="0"/>
    <default expression="" field="date_conf" applyOnUpdate="0"/>
    <default expression="" field="date_note" applyOnUpdate="0"/>
    <default expression="" field="change" applyOnUpdate="0"/>
    <default expression="" field="survey" applyOnUpdate="0"/>
    <default expression="" field="survey_by" applyOnUpdate="0"/>
    <default expression="" field="first_seen" applyOnUpdate="0"/>
    <default expression="" field="last_seen" applyOnUpdate="0"/>
    <default expression="" field="seen_id" applyOnUpdate="0"/>
    <default expression="" field="seen_m2" applyOnUpdate="0"/>
    <default expression="" field="history" applyOnUpdate="0"/>
  </defaults>
  <constraints>
    <constraint unique_strength="0" exp_strength="0" field="id" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="area_m2" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="perimeter_m" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="length_m" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="width_m" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="elongation" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="compactness" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="pixel_count" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="prob_mean" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="prob_max" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="prob_p10" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="prob_std" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="touches_edge" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="neighb_m" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="lon" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="lat" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="z_max" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="z_min" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="height_m" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="travel_m" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="h_l" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="reach_deg" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="crown_lon" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="crown_lat" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="toe_lon" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="toe_lat" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="slope_mean" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="slope_max" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="aspect_deg" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="curvature" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="model" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="model_version" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="model_sha" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="threshold" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="source" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="product_id" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="pre_date" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="image_date" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="run_date" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="landslip" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="method" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="review_status" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="ls_type" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="material" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="activity" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="trigger" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="confidence" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="conf_hint" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="event_date" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="notes" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="reviewer" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="reviewed_at" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="evidence" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="new_score" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="new_share" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="seen_share" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="dndvi" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="dndvi_ring" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="dbsi" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="dbsi_ring" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="drg" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="drg_ring" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="date_min" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="date_max" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="date_conf" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="date_note" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="change" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="survey" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="survey_by" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="first_seen" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="last_seen" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="seen_id" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="seen_m2" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="history" notnull_strength="0" constraints="0"/>
  </constraints>
  <constraintExpressions>
    <constraint desc="" field="id" exp=""/>
    <constraint desc="" field="area_m2" exp=""/>
    <constraint desc="" field="perimeter_m" exp=""/>
    <constraint desc="" field="length_m" exp=""/>
    <constraint desc="" field="width_m" exp=""/>
    <constraint desc="" field="elongation" exp=""/>
    <constraint desc="" field="compactness" exp=""/>
    <constraint desc="" field="pixel_count" exp=""/>
    <constraint desc="" field="prob_mean" exp=""/>
    <constraint desc="" field="prob_max" exp=""/>
    <constraint desc="" field="prob_p10" exp=""/>
    <constraint desc="" field="prob_std" exp=""/>
    <constraint desc="" field="touches_edge" exp=""/>
    <constraint desc="" field="neighb_m" exp=""/>
    <constraint desc="" field="lon" exp=""/>
    <constraint desc="" field="lat" exp=""/>
    <constraint desc="" field="z_max" exp=""/>
    <constraint desc="" field="z_min" exp=""/>
    <constraint desc="" field="height_m" exp=""/>
    <constraint desc="" field="travel_m" exp=""/>
    <constraint desc="" field="h_l" exp=""/>
    <constraint desc="" field="reach_deg" exp=""/>
    <constraint desc="" field="crown_lon" exp=""/>
    <constraint desc="" field="crown_lat" exp=""/>
    <constraint desc="" field="toe_lon" exp=""/>
    <constraint desc="" field="toe_lat" exp=""/>
    <constraint desc="" field="slope_mean" exp=""/>
    <constraint desc="" field="slope_max" exp=""/>
    <constraint desc="" field="aspect_deg" exp=""/>
    <constraint desc="" field="curvature" exp=""/>
    <constraint desc="" field="model" exp=""/>
    <constraint desc="" field="model_version" exp=""/>
    <constraint desc="" field="model_sha" exp=""/>
    <constraint desc="" field="threshold" exp=""/>
    <constraint desc="" field="source" exp=""/>
    <constraint desc="" field="product_id" exp=""/>
    <constraint desc="" field="pre_date" exp=""/>
    <constraint desc="" field="image_date" exp=""/>
    <constraint desc="" field="run_date" exp=""/>
    <constraint desc="" field="landslip" exp=""/>
    <constraint desc="" field="method" exp=""/>
    <constraint desc="" field="review_status" exp=""/>
    <constraint desc="" field="ls_type" exp=""/>
    <constraint desc="" field="material" exp=""/>
    <constraint desc="" field="activity" exp=""/>
    <constraint desc="" field="trigger" exp=""/>
    <constraint desc="" field="confidence" exp=""/>
    <constraint desc="" field="conf_hint" exp=""/>
    <constraint desc="" field="event_date" exp=""/>
    <constraint desc="" field="notes" exp=""/>
    <constraint desc="" field="reviewer" exp=""/>
    <constraint desc="" field="reviewed_at" exp=""/>
    <constraint desc="" field="evidence" exp=""/>
    <constraint desc="" field="new_score" exp=""/>
    <constraint desc="" field="new_share" exp=""/>
    <constraint desc="" field="seen_share" exp=""/>
    <constraint desc="" field="dndvi" exp=""/>
    <constraint desc="" field="dndvi_ring" exp=""/>
    <constraint desc="" field="dbsi" exp=""/>
    <constraint desc="" field="dbsi_ring" exp=""/>
    <constraint desc="" field="drg" exp=""/>
    <constraint desc="" field="drg_ring" exp=""/>
    <constraint desc="" field="date_min" exp=""/>
    <constraint desc="" field="date_max" exp=""/>
    <constraint desc="" field="date_conf" exp=""/>
    <constraint desc="" field="date_note" exp=""/>
    <constraint desc="" field="change" exp=""/>
    <constraint desc="" field="survey" exp=""/>
    <constraint desc="" field="survey_by" exp=""/>
    <constraint desc="" field="first_seen" exp=""/>
    <constraint desc="" field="last_seen" exp=""/>
    <constraint desc="" field="seen_id" exp=""/>
    <constraint desc="" field="seen_m2" exp=""/>
    <constraint desc="" field="history" exp=""/>
  </constraintExpressions>
  <expressionfields/>
  <editform tolerant="1"></editform>
  <editforminit/>
  <editforminitcodesource>0</editforminitcodesource>
  <editforminitfilepath></editforminitfilepath>
  <editforminitcode><![CDATA[]]></editforminitcode>
  <featformsuppress>0</featformsuppress>
  <editorlayout>tablayout</editorlayout>
  <attributeEditorForm>
    <attributeEditorContainer groupBox="0" visibilityExpressionEnabled="0" name="Review" visibilityExpression="" showLabel="1" columnCount="1">
      <attributeEditorField name="method" showLabel="1" index="40"/>
      <attributeEditorField name="review_status" showLabel="1" index="41"/>
      <attributeEditorField name="ls_type" showLabel="1" index="42"/>
      <attributeEditorField name="material" showLabel="1" index="43"/>
      <attributeEditorField name="activity" showLabel="1" index="44"/>
      <attributeEditorField name="trigger" showLabel="1" index="45"/>
      <attributeEditorField name="confidence" showLabel="1" index="46"/>
      <attributeEditorField name="event_date" showLabel="1" index="48"/>
      <attributeEditorField name="notes" showLabel="1" index="49"/>
      <attributeEditorField name="reviewer" showLabel="1" index="50"/>
      <attributeEditorField name="reviewed_at" showLabel="1" index="51"/>
    </attributeEditorContainer>
    <attributeEditorContainer groupBox="0" visibilityExpressionEnabled="0" name="Size and place" visibilityExpression="" showLabel="1" columnCount="1">
      <attributeEditorField name="id" showLabel="1" index="0"/>
      <attributeEditorField name="area_m2" showLabel="1" index="1"/>
      <attributeEditorField name="perimeter_m" showLabel="1" index="2"/>
      <attributeEditorField name="compactness" showLabel="1" index="6"/>
      <attributeEditorField name="pixel_count" showLabel="1" index="7"/>
      <attributeEditorField name="touches_edge" showLabel="1" index="12"/>
      <attributeEditorField name="neighb_m" showLabel="1" index="13"/>
      <attributeEditorField name="lon" showLabel="1" index="14"/>
      <attributeEditorField name="lat" showLabel="1" index="15"/>
    </attributeEditorContainer>
    <attributeEditorContainer groupBox="0" visibilityExpressionEnabled="0" name="Probability" visibilityExpression="" showLabel="1" columnCount="1">
      <attributeEditorField name="prob_mean" showLabel="1" index="8"/>
      <attributeEditorField name="prob_max" showLabel="1" index="9"/>
      <attributeEditorField name="prob_p10" showLabel="1" index="10"/>
      <attributeEditorField name="prob_std" showLabel="1" index="11"/>
      <attributeEditorField name="conf_hint" showLabel="1" index="47"/>
    </attributeEditorContainer>
    <attributeEditorContainer groupBox="0" visibilityExpressionEnabled="0" name="Terrain" visibilityExpression="" showLabel="1" columnCount="1">
      <attributeEditorField name="length_m" showLabel="1" index="3"/>
      <attributeEditorField name="width_m" showLabel="1" index="4"/>
      <attributeEditorField name="elongation" showLabel="1" index="5"/>
      <attributeEditorField name="z_max" showLabel="1" index="16"/>
      <attributeEditorField name="z_min" showLabel="1" index="17"/>
      <attributeEditorField name="height_m" showLabel="1" index="18"/>
      <attributeEditorField name="travel_m" showLabel="1" index="19"/>
      <attributeEditorField name="h_l" showLabel="1" index="20"/>
      <attributeEditorField name="reach_deg" showLabel="1" index="21"/>
      <attributeEditorField name="crown_lon" showLabel="1" index="22"/>
      <attributeEditorField name="crown_lat" showLabel="1" index="23"/>
      <attributeEditorField name="toe_lon" showLabel="1" index="24"/>
      <attributeEditorField name="toe_lat" showLabel="1" index="25"/>
      <attributeEditorField name="slope_mean" showLabel="1" index="26"/>
      <attributeEditorField name="slope_max" showLabel="1" index="27"/>
      <attributeEditorField name="aspect_deg" showLabel="1" index="28"/>
      <attributeEditorField name="curvature" showLabel="1" index="29"/>
    </attributeEditorContainer>
    <attributeEditorContainer groupBox="0" visibilityExpressionEnabled="0" name="Before and after" visibilityExpression="" showLabel="1" columnCount="1">
      <attributeEditorField name="evidence" showLabel="1" index="52"/>
      <attributeEditorField name="new_score" showLabel="1" index="53"/>
      <attributeEditorField name="new_share" showLabel="1" index="54"/>
      <attributeEditorField name="seen_share" showLabel="1" index="55"/>
      <attributeEditorField name="dndvi" showLabel="1" index="56"/>
      <attributeEditorField name="dndvi_ring" showLabel="1" index="57"/>
      <attributeEditorField name="dbsi" showLabel="1" index="58"/>
      <attributeEditorField name="dbsi_ring" showLabel="1" index="59"/>
      <attributeEditorField name="drg" showLabel="1" index="60"/>
      <attributeEditorField name="drg_ring" showLabel="1" index="61"/>
      <attributeEditorField name="date_min" showLabel="1" index="62"/>
      <attributeEditorField name="date_max" showLabel="1" index="63"/>
      <attributeEditorField name="date_conf" showLabel="1" index="64"/>
      <attributeEditorField name="date_note" showLabel="1" index="65"/>
    </attributeEditorContainer>
    <attributeEditorContainer groupBox="0" visibilityExpressionEnabled="0" name="History" visibilityExpression="" showLabel="1" columnCount="1">
      <attributeEditorField name="change" showLabel="1" index="66"/>
      <attributeEditorField name="survey" showLabel="1" index="67"/>
      <attributeEditorField name="survey_by" showLabel="1" index="68"/>
      <attributeEditorField name="first_seen" showLabel="1" index="69"/>
      <attributeEditorField name="last_seen" showLabel="1" index="70"/>
      <attributeEditorField name="seen_id" showLabel="1" index="71"/>
      <attributeEditorField name="seen_m2" showLabel="1" index="72"/>
      <attributeEditorField name="history" showLabel="1" index="73"/>
    </attributeEditorContainer>
    <attributeEditorContainer groupBox="0" visibilityExpressionEnabled="0" name="Where it comes from" visibilityExpression="" showLabel="1" columnCount="1">
      <attributeEditorField name="model" showLabel="1" index="30"/>
      <attributeEditorField name="model_version" showLabel="1" index="31"/>
      <attributeEditorField name="model_sha" showLabel="1" index="32"/>
      <attributeEditorField name="threshold" showLabel="1" index="33"/>
      <attributeEditorField name="source" showLabel="1" index="34"/>
      <attributeEditorField name="product_id" showLabel="1" index="35"/>
      <attributeEditorField name="pre_date" showLabel="1" index="36"/>
      <attributeEditorField name="image_date" showLabel="1" index="37"/>
      <attributeEditorField name="run_date" showLabel="1" index="38"/>
      <attributeEditorField name="landslip" showLabel="1" index="39"/>
    </attributeEditorContainer>
  </attributeEditorForm>
  <editable>
    <field editable="1" name="activity"/>
    <field editable="0" name="area_m2"/>
    <field editable="0" name="aspect_deg"/>
    <field editable="0" name="change"/>
    <field editable="0" name="compactness"/>
    <field editable="0" name="conf_hint"/>
    <field editable="1" name="confidence"/>
    <field editable="0" name="crown_lat"/>
    <field editable="0" name="crown_lon"/>
    <field editable="0" name="curvature"/>
    <field editable="0" name="date_conf"/>
    <field editable="0" name="date_max"/>
    <field editable="0" name="date_min"/>
    <field editable="0" name="date_note"/>
    <field editable="0" name="dbsi"/>
    <field editable="0" name="dbsi_ring"/>
    <field editable="0" name="dndvi"/>
    <field editable="0" name="dndvi_ring"/>
    <field editable="0" name="drg"/>
    <field editable="0" name="drg_ring"/>
    <field editable="0" name="elongation"/>
    <field editable="1" name="event_date"/>
    <field editable="0" name="evidence"/>
    <field editable="0" name="first_seen"/>
    <field editable="0" name="h_l"/>
    <field editable="0" name="height_m"/>
    <field editable="0" name="history"/>
    <field editable="0" name="id"/>
    <field editable="0" name="image_date"/>
    <field editable="0" name="landslip"/>
    <field editable="0" name="last_seen"/>
    <field editable="0" name="lat"/>
    <field editable="0" name="length_m"/>
    <field editable="0" name="lon"/>
    <field editable="1" name="ls_type"/>
    <field editable="1" name="material"/>
    <field editable="1" name="method"/>
    <field editable="0" name="model"/>
    <field editable="0" name="model_sha"/>
    <field editable="0" name="model_version"/>
    <field editable="0" name="neighb_m"/>
    <field editable="0" name="new_score"/>
    <field editable="0" name="new_share"/>
    <field editable="1" name="notes"/>
    <field editable="0" name="perimeter_m"/>
    <field editable="0" name="pixel_count"/>
    <field editable="0" name="pre_date"/>
    <field editable="0" name="prob_max"/>
    <field editable="0" name="prob_mean"/>
    <field editable="0" name="prob_p10"/>
    <field editable="0" name="prob_std"/>
    <field editable="0" name="product_id"/>
    <field editable="0" name="reach_deg"/>
    <field editable="1" name="review_status"/>
    <field editable="1" name="reviewed_at"/>
    <field editable="1" name="reviewer"/>
    <field editable="0" name="run_date"/>
    <field editable="0" name="seen_id"/>
    <field editable="0" name="seen_m2"/>
    <field editable="0" name="seen_share"/>
    <field editable="0" name="slope_max"/>
    <field editable="0" name="slope_mean"/>
    <field editable="0" name="source"/>
    <field editable="0" name="survey"/>
    <field editable="0" name="survey_by"/>
    <field editable="0" name="threshold"/>
    <field editable="0" name="toe_lat"/>
    <field editable="0" name="toe_lon"/>
    <field editable="0" name="touches_edge"/>
    <field editable="0" name="travel_m"/>
    <field editable="1" name="trigger"/>
    <field editable="0" name="width_m"/>
    <field editable="0" name="z_max"/>
    <field editable="0" name="z_min"/>
  </editable>
  <labelOnTop/>
  <reuseLastValue/>
  <dataDefinedFieldProperties/>
  <widgets/>
  <mapTip>&lt;b>[% "id" %]&lt;/b> [% "review_status" %]&lt;br>
[% eval('landslip_chip()') %]
[% format_number("area_m2", 0) %] m²[% coalesce(', mean probability ' || round("prob_mean", 2), '')
%][% coalesce(' ± ' || round("prob_std", 2), '') %][% coalesce(' (' || "conf_hint" || ')', '')
%][% coalesce(', slope ' || round("slope_mean") || '°', '') %]
[% coalesce('&lt;br>' || attribute($currentfeature, 'evidence'), '') %]
[% coalesce('&lt;br>' || attribute($currentfeature, 'survey') || ': ' ||
attribute($currentfeature, 'change'), '') %]</mapTip>
  <layerGeometryType>2</layerGeometryType>
</qgis>
